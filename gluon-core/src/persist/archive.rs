//! Archives: files that are open, whose arrays are read one by one.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::array::Array;
use super::contents::{Contents, Note};
use super::format::{self, Format};
use super::index::{Index, Stored};
use super::load::Load;
use super::model::{Request, load_index};
use super::report::Report;
use super::source::Source;
use crate::block::Block;
use crate::dtype::DType;
use crate::error::Result;
use crate::shape::Shape;

/// A file of arrays that is open: what it holds is known, elements are read where they are asked
/// for.
///
/// So a file larger than memory can be listed, checked and compared.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Tensor, persist::{self, Archive}};
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
        Archive::of(Source::open(path.as_ref())?)
    }

    /// Opens a file whose bytes are in memory; `path` serves the errors.
    ///
    /// The bytes may be a map of the file, so that no more of it is read than is used. To map a file
    /// is a promise that nobody changes it meanwhile, which only the caller can make:
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::{Block, nn::Dense, persist::{Archive, Load, Persist}};
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("net.gluon");
    /// # let mut trained = Dense::new(2).in_units(3);
    /// # trained.initialize()?;
    /// # trained.save_parameters(&path)?;
    ///
    /// let file = std::fs::File::open(&path)?;
    /// // SAFETY: no program writes into this file, and saving replaces it as a whole.
    /// let map = unsafe { memmap2::Mmap::map(&file)? };
    /// let archive = Archive::from_bytes(map, &path)?;
    /// let mut net = Dense::new(2);
    /// archive.load(&mut net, &Load::new())?;
    /// assert_eq!(net.weight.data()?, trained.weight.data()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`open`](Archive::open).
    pub fn from_bytes(
        bytes: impl AsRef<[u8]> + Send + Sync + 'static,
        path: impl AsRef<Path>,
    ) -> Result<Archive> {
        Archive::of(Source::memory(Arc::new(bytes), path.as_ref()))
    }

    fn of(source: Source) -> Result<Archive> {
        let path = source.path().to_path_buf();
        let (format, index) = format::index_of(source)?;
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

    /// Takes the values of `model` from here, as
    /// [`load_parameters_with`](super::Persist::load_parameters_with) does.
    ///
    /// # Errors
    /// As for that.
    pub fn load<B: Block>(&self, model: &mut B, load: &Load) -> Result<Report> {
        let rules = load.compile()?;
        let Archive { path, format, index, .. } = self;
        let request = Request { path, format: *format, index, load, rules: &rules };
        load_index(model, &request, &|_| Ok(()))
    }

    /// Reads all arrays; those of a file in memory stay where they are.
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
        self.dtype().byte_len(self.shape()).unwrap_or(usize::MAX)
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
        let (name, stored) = &self.archive.index.entries[self.index];
        stored.read(name)
    }
}

impl fmt::Debug for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Item");
        text.field("name", &self.name()).field("dtype", &self.dtype());
        text.field("shape", self.shape()).finish_non_exhaustive()
    }
}
