//! MXNet's `.params` files: what Gluon saves models to.
//!
//! All four record versions that MXNet 1.9.1 reads are read here, and the one that it writes is
//! written, byte for byte. `docs/file-format.md` describes the bytes.
//!
//! Where MXNet's reader fails on MXNet's own files, or demands a global switch, this one does not:
//! - scalars that were saved outside np-shape mode, which MXNet writes but cannot load, are read;
//! - arrays saved in np-shape mode (version 3) and outside it may stand in one file.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use crate::dtype::DType;
use crate::error::Result;
use crate::persist::atomic;
use crate::persist::contents::{Arrays, Contents};
use crate::persist::source::Source;

mod cursor;
mod reader;
mod record;
mod sparse;
mod writer;

#[cfg(test)]
mod tests;

pub(super) use reader::index;

/// The first bytes of every `.params` file.
pub const MAGIC: [u8; 8] = 0x112_u64.to_le_bytes();

/// The format's name in errors.
pub(super) const FORMAT: &str = "MXNet .params";

/// Reads the file at `path`.
///
/// Elements go straight into the memory of each array. Sparse arrays together may take 64 MiB or
/// 256 times the file's size when made dense, whichever is more.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) if the file cannot be read,
/// [`Error::Format`](crate::Error::Format) if its bytes are not valid.
pub fn read(path: impl AsRef<Path>) -> Result<Contents> {
    index(&Arc::new(Source::open(path.as_ref())?))?.read()
}

/// The arrays of a file with these bytes, as [`read`] reads it; `path` serves the errors. Arrays
/// share the bytes.
///
/// # Errors
/// [`Error::Format`](crate::Error::Format) if the bytes are not valid.
pub fn from_bytes(
    bytes: impl AsRef<[u8]> + Send + Sync + 'static,
    path: impl AsRef<Path>,
) -> Result<Contents> {
    index(&Arc::new(Source::memory(Arc::new(bytes), path.as_ref())))?.read()
}

/// Writes the file at `path`, [atomically](atomic::write).
///
/// The bytes are those that MXNet 1.9.1 writes for the same arrays on the CPU. MXNet has two modes,
/// and reads only what was written in the same one: if there is a scalar or an empty array, which
/// its plain mode cannot hold, all records are written as in np-shape mode.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::Shape;
/// use gluon::persist::{Array, Arrays, params};
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("net.params");
/// let weight = Array::from_elements(Shape::from([2, 1]), &[0.5f32, -0.5])?;
/// let arrays = Arrays::Dict(vec![("weight".to_string(), weight)]);
/// params::write(&path, &arrays)?;
/// assert_eq!(params::read(&path)?.arrays, arrays);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) if the file cannot be written.
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
