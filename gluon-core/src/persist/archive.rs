//! Archives: files that are open, whose arrays are read one by one.

use std::fmt;
use std::path::{Path, PathBuf};

use super::array::{Array, byte_len};
use super::contents::{Contents, Note};
use super::format::{self, Format};
use super::index::{Index, Stored};
use crate::dtype::DType;
use crate::error::Result;
use crate::shape::Shape;

/// A file of arrays that is open: what it holds is known, elements are read where they are asked
/// for.
///
/// So a file larger than memory can be listed, checked and compared.
///
/// ```
/// use gluon_core::{Tensor, persist::{self, Archive}};
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("two.params");
/// persist::save(&path, [("x", &Tensor::arange(4)), ("y", &Tensor::zeros([2, 3]))])?;
/// let archive = Archive::open(&path)?;
/// let names: Vec<_> = archive.items().filter_map(|item| item.name()).collect();
/// assert_eq!(names, ["x", "y"]);
/// let y = archive.items().last().unwrap();
/// assert_eq!(y.shape().dims(), [2, 3]);
/// assert_eq!(Tensor::from(y.read()?), Tensor::zeros([2, 3]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Archive {
    path: PathBuf,
    format: Format,
    index: Index,
    /// For each array, the first one whose elements lie in the same place: itself, mostly.
    first: Vec<usize>,
}

impl Archive {
    /// Opens the file at `path`, whose first bytes tell its format.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if the file cannot be read,
    /// [`Error::Format`](crate::Error::Format) if what describes its arrays is not valid,
    /// [`Error::FormatDisabled`](crate::Error::FormatDisabled) if its format needs a feature.
    pub fn open(path: impl AsRef<Path>) -> Result<Archive> {
        let path = path.as_ref().to_path_buf();
        let (format, index) = format::index(&path)?;
        let first = index.first_of_each_place();
        Ok(Archive { path, format, index, first })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The format it is in.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The number of arrays; one that has several names counts under each.
    pub fn len(&self) -> usize {
        self.index.entries.len()
    }

    /// Whether there is no array.
    pub fn is_empty(&self) -> bool {
        self.index.entries.is_empty()
    }

    /// The arrays in the file's order.
    pub fn items(&self) -> impl ExactSizeIterator<Item = Item<'_>> {
        (0..self.len()).map(|index| Item { archive: self, index })
    }

    /// What is unusual about the file, as far as that shows before elements are read.
    pub fn notes(&self) -> &[Note] {
        &self.index.notes
    }

    /// Reads all arrays.
    ///
    /// # Errors
    /// As for [`Item::read`].
    pub fn read(self) -> Result<Contents> {
        self.index.read()
    }
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Archive");
        text.field("path", &self.path).field("format", &self.format).field("arrays", &self.len());
        text.finish_non_exhaustive()
    }
}

/// An array of an open file.
#[derive(Clone, Copy)]
pub struct Item<'a> {
    archive: &'a Archive,
    index: usize,
}

impl<'a> Item<'a> {
    fn stored(self) -> &'a Stored {
        &self.archive.index.entries[self.index].1
    }

    /// Its place in the file's order.
    pub fn index(self) -> usize {
        self.index
    }

    /// Its name, unless the file is a list.
    pub fn name(self) -> Option<&'a str> {
        let name = &*self.archive.index.entries[self.index].0;
        self.archive.index.named.then_some(name)
    }

    /// The type of the elements.
    pub fn dtype(self) -> DType {
        self.stored().dtype
    }

    /// The sizes of the axes.
    pub fn shape(self) -> &'a Shape {
        &self.stored().shape
    }

    /// The bytes of the elements in memory.
    pub fn byte_len(self) -> usize {
        byte_len(self.dtype(), self.shape()).unwrap_or(usize::MAX)
    }

    /// The first array that this one is another name of, if the file stores it only once.
    pub fn alias_of(self) -> Option<Item<'a>> {
        let first = self.archive.first[self.index];
        (first != self.index).then_some(Item { index: first, ..self })
    }

    /// Reads the elements.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if the file cannot be read,
    /// [`Error::Format`](crate::Error::Format) if the elements are damaged.
    pub fn read(self) -> Result<Array> {
        self.stored().read()
    }
}

impl fmt::Debug for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Item");
        text.field("name", &self.name()).field("dtype", &self.dtype());
        text.field("shape", self.shape()).finish_non_exhaustive()
    }
}
