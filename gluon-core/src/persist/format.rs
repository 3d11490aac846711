//! Formats: which one a file is in, or is to be written in.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::contents::{Arrays, Contents};
use super::index::Index;
use super::params;
use super::source::Source;
use crate::error::{Error, Result};

/// A format for arrays on disk.
///
/// The extension of a path chooses it when a file is written, the first bytes of the file when it
/// is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// MXNet's `.params`, what Gluon saves models to.
    Params,
}

impl Format {
    /// The format that the extension of `path` stands for.
    ///
    /// Without an extension, or with one that no format has, it is [`Params`](Format::Params):
    /// Gluon writes that format whatever the file is called.
    pub fn of_path(path: impl AsRef<Path>) -> Format {
        let _ = path.as_ref();
        Format::Params
    }

    /// The format of a file that begins with these bytes, or `None` if no format does.
    pub fn of_bytes(bytes: &[u8]) -> Option<Format> {
        bytes.starts_with(&params::MAGIC).then_some(Format::Params)
    }

    /// The format's name.
    pub fn name(self) -> &'static str {
        match self {
            Format::Params => params::FORMAT,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Reads the arrays of the file at `path`, whose first bytes tell the format.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read, [`Error::Format`] if its bytes are not valid.
pub fn read(path: impl AsRef<Path>) -> Result<Contents> {
    index(path.as_ref())?.1.read()
}

/// The arrays of a file with these bytes, as [`read`] reads it; `path` serves the errors.
///
/// # Errors
/// [`Error::Format`] if the bytes are not valid.
pub fn from_bytes(bytes: impl Into<Vec<u8>>, path: impl AsRef<Path>) -> Result<Contents> {
    index_of(Source::memory(bytes.into(), path.as_ref()))?.1.read()
}

/// The format of the file at `path`, and what it holds.
pub(super) fn index(path: &Path) -> Result<(Format, Index)> {
    index_of(Source::open(path)?)
}

fn index_of(source: Source) -> Result<(Format, Index)> {
    let head = source.head(16)?.into_owned();
    let source = Arc::new(source);
    let format = Format::of_bytes(&head).ok_or_else(|| Error::Format {
        path: source.path().to_path_buf(),
        format: "model",
        expected: "the first bytes of a known format".to_owned(),
        found: if head.is_empty() { "nothing".to_owned() } else { format!("{head:02x?}") },
        offset: 0,
    })?;
    let index = match format {
        Format::Params => params::index(&source)?,
    };
    Ok((format, index))
}

/// Writes the file at `path`, [atomically](super::atomic::write), in the format of its extension.
///
/// # Errors
/// [`Error::Io`] if the file cannot be written.
pub fn write(path: impl AsRef<Path>, arrays: &Arrays) -> Result<()> {
    match Format::of_path(&path) {
        Format::Params => params::write(path, arrays),
    }
}
