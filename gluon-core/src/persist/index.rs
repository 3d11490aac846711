//! Indexes: what a file holds and where, before its elements are read.

use std::collections::HashMap;
use std::sync::Arc;

use super::array::{Array, byte_len};
use super::contents::{Arrays, Contents, Note};
use super::plain::Plain;
use crate::dtype::DType;
use crate::error::Result;
use crate::kernel::parallel;
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
    /// As they are in a range of a file.
    Plain(Plain),
    /// In another form, which the function turns into an array.
    #[cfg_attr(not(feature = "npz"), allow(dead_code))]
    Encoded(Arc<Decode>),
    /// In memory.
    Ready(Array),
}

/// Of two arrays of one file, equal if their elements lie in one place and have one type.
type Key = (usize, usize, DType);

type Decode = dyn Fn() -> Result<Array> + Send + Sync;

impl Stored {
    /// The array of these elements, which fit its shape.
    pub(crate) fn plain(dtype: DType, shape: Shape, plain: Plain) -> Stored {
        debug_assert_eq!(byte_len(dtype, &shape), Some(plain.range().len()));
        Stored { dtype, shape, place: Place::Plain(plain) }
    }

    /// An array of this type and shape that `decode` returns.
    #[cfg(feature = "npz")]
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
            Place::Plain(plain) => plain.read(self.dtype, self.shape),
            Place::Encoded(decode) => decode(),
            Place::Ready(array) => Ok(array.clone()),
        }
    }

    /// The elements, if they stand in a file as they do in memory.
    pub(super) fn as_plain(&self) -> Option<&Plain> {
        match &self.place {
            Place::Plain(plain) => Some(plain),
            _ => None,
        }
    }

    /// Whether both hold equal elements in equal shapes; reads them unless they are in one place.
    pub(crate) fn equals(&self, other: &Stored) -> Result<bool> {
        if self.dtype != other.dtype || self.shape != other.shape {
            return Ok(false);
        }
        let one_place = self.key().is_some_and(|key| other.key() == Some(key));
        Ok(one_place || self.read()? == other.read()?)
    }

    /// What arrays whose elements lie in one place have in common; empty ones lie nowhere.
    fn key(&self) -> Option<Key> {
        let (start, end) = match &self.place {
            _ if self.shape.size() == 0 => return None,
            Place::Plain(plain) => (plain.range().start, plain.range().end),
            Place::Encoded(decode) => (Arc::as_ptr(decode).addr(), 0),
            Place::Ready(array) => (array.bytes().as_ptr().addr(), array.bytes().len()),
        };
        Some((start, end, self.dtype))
    }
}

/// Fewer elements than this are read by one thread: they take less than a millisecond.
const SHARED_FROM: usize = 1 << 20;

/// What `f` returns for each of `items`, which have to do with `size` elements each; the threads
/// share the work if there is much.
pub(super) fn each<T: Sync, R: Send>(
    items: &[T],
    size: fn(&T) -> usize,
    f: &(dyn Fn(&T) -> Result<R> + Sync),
) -> Result<Vec<R>> {
    let elements: usize = items.iter().map(size).sum();
    let threads = if elements < SHARED_FROM { 1 } else { parallel::threads() };
    share(items, threads, f)
}

/// [`each`] by so many threads.
fn share<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    f: &(dyn Fn(&T) -> Result<R> + Sync),
) -> Result<Vec<R>> {
    if items.len() < 2 || threads < 2 {
        return items.iter().map(f).collect();
    }
    let (left, right) = items.split_at(items.len() / 2);
    let (mut first, mut second) = (Ok(Vec::new()), Ok(Vec::new()));
    parallel::join(&mut || first = share(left, threads / 2, f), &mut || {
        second = share(right, threads - threads / 2, f);
    });
    let mut all = first?;
    all.append(&mut second?);
    Ok(all)
}

impl From<Array> for Stored {
    fn from(array: Array) -> Stored {
        Stored { dtype: array.dtype(), shape: *array.shape(), place: Place::Ready(array) }
    }
}

impl Index {
    /// For each array, the first one whose elements lie in the same place if their shapes are equal,
    /// itself otherwise.
    pub(crate) fn first_of_each_place(&self) -> Vec<usize> {
        let mut places = HashMap::with_capacity(self.entries.len());
        let first = |(index, (_, stored)): (usize, &(String, Stored))| {
            let first = stored.key().map_or(index, |key| *places.entry(key).or_insert(index));
            if self.entries[first].1.shape == stored.shape { first } else { index }
        };
        self.entries.iter().enumerate().map(first).collect()
    }

    /// Reads all arrays; those of one place share their elements.
    pub(crate) fn read(self) -> Result<Contents> {
        let firsts = self.first_of_each_place();
        let places = firsts.iter().zip(&self.entries).enumerate();
        let own = places.filter(|&(at, (&first, _))| first == at);
        let own: Vec<&Stored> = own.map(|(_, (_, (_, stored)))| stored).collect();
        let arrays = each(&own, |stored| stored.shape.size(), &|stored| stored.read())?;
        let mut arrays = arrays.into_iter();
        let mut read: Vec<Array> = Vec::with_capacity(self.entries.len());
        for first in firsts {
            let known = read.get(first).cloned();
            read.extend(known.or_else(|| arrays.next()));
        }
        let arrays = if self.named {
            let names = self.entries.into_iter().map(|(name, _)| name);
            Arrays::Dict(names.zip(read).collect())
        } else {
            Arrays::List(read)
        };
        Ok(Contents { arrays, notes: self.notes })
    }
}
