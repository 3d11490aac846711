//! Indexes: what a file holds and where, before its elements are read.

use std::sync::Arc;

use super::array::Array;
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
    /// Whether a model may lack it: where a file may say something else than a name.
    pub(super) may_lack: bool,
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
    Ready(Box<Array>),
}

/// Of two arrays of one file, equal if their elements lie in one place and have one type.
type Key = (usize, usize, DType);

type Decode = dyn Fn() -> Result<Array> + Send + Sync;

impl Stored {
    /// The array of these elements, which fit its shape.
    pub(crate) fn plain(dtype: DType, shape: Shape, plain: Plain) -> Stored {
        debug_assert_eq!(dtype.byte_len(&shape), Some(plain.range().len()));
        Stored { dtype, shape, may_lack: false, place: Place::Plain(plain) }
    }

    /// An array of this type and shape that `decode` returns.
    #[cfg(feature = "npz")]
    pub(crate) fn encoded(
        dtype: DType,
        shape: Shape,
        decode: impl Fn() -> Result<Array> + Send + Sync + 'static,
    ) -> Stored {
        Stored { dtype, shape, may_lack: false, place: Place::Encoded(Arc::new(decode)) }
    }

    /// Reads the array; `name` serves the errors.
    pub(crate) fn read(&self, name: &str) -> Result<Array> {
        match &self.place {
            Place::Plain(plain) => plain.read(name, self.dtype, self.shape),
            Place::Encoded(decode) => decode(),
            Place::Ready(array) => Ok(Array::clone(array)),
        }
    }

    /// The elements, if they stand in a file as they do in memory.
    pub(super) fn as_plain(&self) -> Option<&Plain> {
        match &self.place {
            Place::Plain(plain) => Some(plain),
            _ => None,
        }
    }

    /// Where in a file the elements begin, if they stand in one.
    pub(super) fn start(&self) -> Option<usize> {
        Some(self.as_plain()?.range().start)
    }

    /// How many elements there are for threads to share; small arrays are better read by the one
    /// that drops them, whose memory they take again.
    fn shared_size(&self) -> usize {
        match &self.place {
            Place::Plain(plain) if plain.is_small() => 0,
            _ => self.shape.size(),
        }
    }

    /// Whether both hold equal elements in equal shapes; reads them unless they are in one place.
    pub(super) fn equal([one, other]: [&(String, Stored); 2]) -> Result<bool> {
        let ((name, one), (other_name, other)) = (one, other);
        if one.dtype != other.dtype || one.shape != other.shape {
            return Ok(false);
        }
        let one_place = one.key().is_some_and(|key| other.key() == Some(key));
        Ok(one_place || one.read(name)? == other.read(other_name)?)
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
        let (dtype, shape) = (array.dtype(), *array.shape());
        Stored { dtype, shape, may_lack: false, place: Place::Ready(Box::new(array)) }
    }
}

impl Index {
    /// For each array, the first one whose elements lie in the same place if their shapes are equal,
    /// itself otherwise.
    pub(crate) fn first_of_each_place(&self) -> Vec<usize> {
        let keys = self.entries.iter().map(|(_, stored)| stored.key()).enumerate();
        let mut places: Vec<(Key, usize)> =
            keys.filter_map(|(index, key)| Some((key?, index))).collect();
        // they mostly are already
        places.sort_unstable();
        let mut firsts: Vec<usize> = (0..self.entries.len()).collect();
        for one_place in places.chunk_by(|(key, _), (next, _)| key == next) {
            let (_, first) = one_place[0];
            for &(_, index) in one_place {
                if self.entries[first].1.shape == self.entries[index].1.shape {
                    firsts[index] = first;
                }
            }
        }
        firsts
    }

    /// Reads all arrays; those of one place share their elements.
    pub(crate) fn read(self) -> Result<Contents> {
        let firsts = self.first_of_each_place();
        let places = firsts.iter().zip(&self.entries).enumerate();
        let own = places.filter(|&(at, (&first, _))| first == at);
        let own: Vec<&(String, Stored)> = own.map(|(_, (_, entry))| entry).collect();
        let arrays =
            each(&own, |(_, stored)| stored.shared_size(), &|(name, stored)| stored.read(name))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persist::source::Source;

    #[test]
    fn places_are_compared_in_any_order() {
        let source = Arc::new(Source::memory(Arc::new([0u8; 32]), "a".as_ref()));
        let at = |start: usize, shape: &[usize]| {
            let shape = Shape::new(shape);
            let plain = Plain::new(&source, start..start + 4 * shape.size());
            (String::new(), Stored::plain(DType::F32, shape, plain))
        };
        let entries = vec![
            at(16, &[4]),
            at(0, &[2]),
            at(16, &[2, 2]),
            at(0, &[2]),
            at(16, &[4]),
            at(0, &[1]),
            at(0, &[0]),
            at(0, &[0]),
        ];
        let index = Index { entries, named: true, notes: Vec::new() };
        assert_eq!(index.first_of_each_place(), [0, 1, 2, 1, 0, 5, 6, 7]);
    }
}
