//! Indexes: what a file holds and where, before its elements are read.

use std::ops::Range;
use std::sync::Arc;

use super::array::{Array, byte_len};
use super::contents::{Arrays, Contents, Note};
use super::source::Source;
use crate::dtype::DType;
use crate::error::Result;
use crate::shape::Shape;

/// What a file holds.
pub(crate) struct Index {
    /// The arrays in the file's order; names are empty if there are none.
    pub(crate) entries: Vec<(String, Stored)>,
    /// Whether the arrays have names.
    pub(crate) named: bool,
    pub(crate) notes: Vec<Note>,
}

/// An array in a file.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) dtype: DType,
    pub(crate) shape: Shape,
    place: Place,
}

/// Where the elements are.
#[derive(Clone)]
enum Place {
    /// As they are in this range.
    Plain(Arc<Source>, Range<usize>),
    /// In another form, which the function turns into an array.
    #[cfg_attr(not(any(feature = "npz", feature = "checkpoint")), allow(dead_code))]
    Encoded(Arc<Decode>),
    /// In memory.
    Ready(Array),
}

type Decode = dyn Fn() -> Result<Array> + Send + Sync;

impl Stored {
    /// The array whose elements are the bytes of `range`, which exist and fit its shape.
    pub(crate) fn plain(
        dtype: DType,
        shape: Shape,
        source: &Arc<Source>,
        range: Range<usize>,
    ) -> Stored {
        debug_assert_eq!(byte_len(dtype, &shape), Some(range.len()));
        Stored { dtype, shape, place: Place::Plain(Arc::clone(source), range) }
    }

    /// An array of this type and shape that `decode` returns.
    #[cfg(any(feature = "npz", feature = "checkpoint"))]
    pub(crate) fn encoded(
        dtype: DType,
        shape: Shape,
        decode: impl Fn() -> Result<Array> + Send + Sync + 'static,
    ) -> Stored {
        Stored { dtype, shape, place: Place::Encoded(Arc::new(decode)) }
    }

    /// Reads the array.
    pub(crate) fn read(&self) -> Result<Array> {
        match &self.place {
            Place::Plain(source, range) => source.array(self.dtype, self.shape, range.clone()),
            Place::Encoded(decode) => decode(),
            Place::Ready(array) => Ok(array.clone()),
        }
    }

    /// Whether both hold equal elements in equal shapes; reads them unless they are in one place.
    pub(crate) fn equals(&self, other: &Stored) -> Result<bool> {
        if self.dtype != other.dtype || self.shape != other.shape {
            return Ok(false);
        }
        let one_place = match (&self.place, &other.place) {
            (Place::Plain(a, range), Place::Plain(b, other)) => Arc::ptr_eq(a, b) && range == other,
            (Place::Encoded(a), Place::Encoded(b)) => Arc::ptr_eq(a, b),
            _ => false,
        };
        Ok(one_place || self.read()? == other.read()?)
    }
}

impl From<Array> for Stored {
    fn from(array: Array) -> Stored {
        Stored { dtype: array.dtype(), shape: *array.shape(), place: Place::Ready(array) }
    }
}

impl Index {
    /// Reads all arrays.
    pub(crate) fn read(self) -> Result<Contents> {
        let arrays = if self.named {
            let read = |(name, stored): (String, Stored)| Ok((name, stored.read()?));
            Arrays::Dict(self.entries.into_iter().map(read).collect::<Result<_>>()?)
        } else {
            let read = |(_, stored): &(String, Stored)| stored.read();
            Arrays::List(self.entries.iter().map(read).collect::<Result<_>>()?)
        };
        Ok(Contents { arrays, notes: self.notes })
    }
}
