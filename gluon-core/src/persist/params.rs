//! MXNet's `.params` files: what Gluon saves models to.
//!
//! All four record versions that MXNet 1.9.1 reads are read here, and the one that it writes is
//! written, byte for byte. `docs/file-format.md` describes the bytes.
//!
//! Where MXNet's reader fails on MXNet's own files, or demands a global switch, this one does not:
//! - scalars that were saved outside np-shape mode, which MXNet writes but cannot load, are read;
//! - arrays saved in np-shape mode (version 3) and outside it may stand in one file.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::persist::array::Array;
use crate::persist::atomic;

mod cursor;
mod reader;
mod record;
mod sparse;
mod writer;

#[cfg(test)]
mod tests;

/// The first bytes of every `.params` file.
pub const MAGIC: [u8; 8] = 0x112_u64.to_le_bytes();

/// The format's name in errors.
const FORMAT: &str = "MXNet .params";

/// What a `.params` file holds, in the file's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrays {
    /// Arrays without names: what saving a list or a single array writes. A file without any
    /// array reads as an empty list.
    List(Vec<Array>),
    /// Arrays with names.
    ///
    /// No name occurs twice after reading. Names are written as they stand; of equal ones, readers
    /// keep the last.
    Dict(Vec<(String, Array)>),
}

impl Arrays {
    /// The number of arrays.
    pub fn len(&self) -> usize {
        match self {
            Arrays::List(arrays) => arrays.len(),
            Arrays::Dict(entries) => entries.len(),
        }
    }

    /// Whether there is no array.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The arrays, with their names if they have any.
    pub fn iter(&self) -> impl Iterator<Item = (Option<&str>, &Array)> {
        let (list, dict) = match self {
            Arrays::List(arrays) => (arrays.as_slice(), [].as_slice()),
            Arrays::Dict(entries) => ([].as_slice(), entries.as_slice()),
        };
        let named = dict.iter().map(|(name, array)| (Some(name.as_str()), array));
        list.iter().map(|array| (None, array)).chain(named)
    }
}

/// What was read from a file, and what is worth saying about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The arrays.
    pub arrays: Arrays,
    /// Where the arrays are not simply what the file says.
    pub notes: Vec<Note>,
}

/// Something unusual in a file that could be read nonetheless.
///
/// `array` is the array's name or, in a list, its index.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// A sparse array was made dense.
    Densified {
        /// The array.
        array: String,
        /// How the file stores it: `row_sparse` or `csr`.
        storage: &'static str,
    },
    /// A scalar was saved outside np-shape mode; MXNet itself fails to read such a file.
    LegacyScalar {
        /// The array.
        array: String,
    },
    /// A name occurs again; the last array of that name counts, at the place of the first.
    DuplicateName {
        /// The name.
        array: String,
    },
    /// Bytes after the end of the data were ignored.
    TrailingBytes {
        /// How many.
        count: usize,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Densified { array, storage } => {
                write!(f, "array `{array}` is stored as {storage} and was made dense")
            }
            Note::LegacyScalar { array } => {
                write!(f, "array `{array}` is a scalar in a form that MXNet cannot read")
            }
            Note::DuplicateName { array } => {
                write!(f, "name `{array}` occurs again; its last array counts")
            }
            Note::TrailingBytes { count } => {
                write!(f, "bytes after the end of the data were ignored: {count}")
            }
        }
    }
}

/// Reads the file at `path`.
///
/// The arrays share one buffer as large as the file; only sparse ones take more. Reading takes at
/// most a small multiple of the file's size, and sparse arrays together at most 64 MiB or 256
/// times the file's size when made dense, whichever is more.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read, [`Error::Format`] if its bytes are not valid.
pub fn read(path: impl AsRef<Path>) -> Result<Contents> {
    let path = path.as_ref();
    let bytes = fs::read(path).map_err(|source| Error::Io {
        action: "read",
        path: path.to_path_buf(),
        source,
    })?;
    from_bytes(bytes, path)
}

/// The arrays of a file with these bytes, as [`read`] reads it; `path` serves the errors.
///
/// # Errors
/// [`Error::Format`] if the bytes are not valid.
pub fn from_bytes(bytes: impl Into<Vec<u8>>, path: impl AsRef<Path>) -> Result<Contents> {
    reader::read(&Arc::new(bytes.into()), path.as_ref())
}

/// Writes the file at `path`, [atomically](atomic::write).
///
/// The bytes are those that MXNet 1.9.1 writes for the same arrays on the CPU. MXNet has two modes,
/// and reads only what was written in the same one: if there is a scalar or an empty array, which
/// its plain mode cannot hold, all records are written as in np-shape mode.
///
/// ```
/// use gluon_core::Shape;
/// use gluon_core::persist::{Array, params};
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("net.params");
/// let weight = Array::from_elements(Shape::from([2, 1]), &[0.5f32, -0.5])?;
/// let arrays = params::Arrays::Dict(vec![("weight".to_string(), weight)]);
/// params::write(&path, &arrays)?;
/// assert_eq!(params::read(&path)?.arrays, arrays);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Io`] if the file cannot be written.
pub fn write(path: impl AsRef<Path>, arrays: &Arrays) -> Result<()> {
    atomic::write(path, |out| write_to(out, arrays))
}

/// Writes the bytes of a file to `out`, as [`write()`] does.
///
/// # Errors
/// Those of `out`.
pub fn write_to(out: &mut (impl Write + ?Sized), arrays: &Arrays) -> io::Result<()> {
    writer::write(out, arrays)
}

/// The bytes of a file, as [`write()`] writes it.
pub fn to_bytes(arrays: &Arrays) -> Vec<u8> {
    let size: usize = arrays.iter().map(|(_, array)| array.bytes().len()).sum();
    let mut bytes = Vec::with_capacity(size + 128 * arrays.len() + 32);
    write_to(&mut bytes, arrays).expect("a vector takes all bytes");
    bytes
}

/// The element types by the number that stands for each in a file.
const DTYPES: [DType; 13] = [
    DType::F32,
    DType::F64,
    DType::F16,
    DType::U8,
    DType::I32,
    DType::I8,
    DType::I64,
    DType::Bool,
    DType::I16,
    DType::U16,
    DType::U32,
    DType::U64,
    DType::BF16,
];
