//! Contents: the arrays of a file, free of any format.

use std::collections::BTreeMap;
use std::fmt;

use super::array::Array;
use crate::error::{Error, Result};
#[cfg(any(feature = "checkpoint", feature = "safetensors"))]
use crate::hash::Map;
use crate::tensor::Tensor;

/// The arrays of a file, in the file's order.
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

/// The arrays of one storage and shape.
#[cfg(any(feature = "checkpoint", feature = "safetensors"))]
pub(super) struct Group<'a> {
    /// The name of the first, if it has one.
    pub(super) name: Option<&'a str>,
    /// The names of the others, in order.
    pub(super) aliases: Vec<&'a str>,
    /// The first.
    pub(super) array: &'a Array,
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

    /// The arrays by where their elements are: those of one storage and shape come once, with all
    /// their names.
    #[cfg(any(feature = "checkpoint", feature = "safetensors"))]
    pub(super) fn by_storage(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::with_capacity(self.len());
        let mut places = Map::with_capacity_and_hasher(self.len(), Default::default());
        for (name, array) in self.iter() {
            let next = groups.len();
            let place = match name {
                Some(_) => {
                    let key = (array.bytes().as_ptr_range(), array.dtype());
                    *places.entry(key).or_insert(next)
                }
                None => next,
            };
            match groups.get_mut(place) {
                Some(group) if group.array.shape() == array.shape() => group.aliases.extend(name),
                _ => groups.push(Group { name, aliases: Vec::new(), array }),
            }
        }
        groups
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

impl Arrays {
    /// The only array as a tensor: what saving a single one wrote.
    ///
    /// # Errors
    /// [`Error::ArrayCount`] if there is not exactly one.
    pub fn into_tensor(self) -> Result<Tensor> {
        let found = self.len();
        match (self.into_list().pop(), found) {
            (Some(tensor), 1) => Ok(tensor),
            _ => Err(Error::ArrayCount { expected: "one array", found }),
        }
    }

    /// The arrays as tensors, in order; names are dropped.
    pub fn into_list(self) -> Vec<Tensor> {
        match self {
            Arrays::List(arrays) => arrays.into_iter().map(Tensor::from).collect(),
            Arrays::Dict(entries) => entries.into_iter().map(|(_, a)| Tensor::from(a)).collect(),
        }
    }

    /// The arrays as tensors by name, in order.
    ///
    /// # Errors
    /// [`Error::ArrayCount`] if they have no names; no array at all is an empty dictionary.
    pub fn into_dict(self) -> Result<Vec<(String, Tensor)>> {
        match self {
            Arrays::Dict(entries) => {
                Ok(entries.into_iter().map(|(name, array)| (name, array.into())).collect())
            }
            Arrays::List(arrays) if arrays.is_empty() => Ok(Vec::new()),
            Arrays::List(arrays) => {
                Err(Error::ArrayCount { expected: "arrays with names", found: arrays.len() })
            }
        }
    }
}

impl From<&Tensor> for Arrays {
    fn from(tensor: &Tensor) -> Arrays {
        Arrays::List(vec![tensor.into()])
    }
}

impl From<Tensor> for Arrays {
    fn from(tensor: Tensor) -> Arrays {
        Arrays::from(&tensor)
    }
}

impl From<&[Tensor]> for Arrays {
    fn from(tensors: &[Tensor]) -> Arrays {
        Arrays::List(tensors.iter().map(Array::from).collect())
    }
}

impl From<Vec<Tensor>> for Arrays {
    fn from(tensors: Vec<Tensor>) -> Arrays {
        Arrays::from(&*tensors)
    }
}

impl From<&Vec<Tensor>> for Arrays {
    fn from(tensors: &Vec<Tensor>) -> Arrays {
        Arrays::from(&**tensors)
    }
}

impl<const N: usize> From<[&Tensor; N]> for Arrays {
    fn from(tensors: [&Tensor; N]) -> Arrays {
        Arrays::List(tensors.map(Array::from).into())
    }
}

impl<S: Into<String>, T: Into<Array>, const N: usize> From<[(S, T); N]> for Arrays {
    fn from(entries: [(S, T); N]) -> Arrays {
        entries.into_iter().collect()
    }
}

impl<S: Into<String>, T: Into<Array>> From<Vec<(S, T)>> for Arrays {
    fn from(entries: Vec<(S, T)>) -> Arrays {
        entries.into_iter().collect()
    }
}

impl From<BTreeMap<String, Tensor>> for Arrays {
    fn from(entries: BTreeMap<String, Tensor>) -> Arrays {
        entries.into_iter().collect()
    }
}

impl<'t> From<&'t BTreeMap<String, Tensor>> for Arrays {
    fn from(entries: &'t BTreeMap<String, Tensor>) -> Arrays {
        entries.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect()
    }
}

/// Arrays with names; of equal ones, readers keep the last.
impl<S: Into<String>, T: Into<Array>> FromIterator<(S, T)> for Arrays {
    fn from_iter<I: IntoIterator<Item = (S, T)>>(entries: I) -> Arrays {
        Arrays::Dict(entries.into_iter().map(|(name, t)| (name.into(), t.into())).collect())
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
