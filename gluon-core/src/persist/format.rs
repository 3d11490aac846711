//! Formats: which one a file is in, or is to be written in.

use std::fmt;
use std::fs;
use std::path::Path;

use super::contents::{Arrays, Contents};
use super::params;
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
    read_any(path.as_ref()).map(|(_, contents)| contents)
}

/// The format of the file at `path`, and its arrays.
pub(super) fn read_any(path: &Path) -> Result<(Format, Contents)> {
    let bytes = fs::read(path).map_err(|source| Error::Io {
        action: "read",
        path: path.to_path_buf(),
        source,
    })?;
    match Format::of_bytes(&bytes) {
        Some(Format::Params) => Ok((Format::Params, params::from_bytes(bytes, path)?)),
        None => Err(Error::Format {
            path: path.to_path_buf(),
            format: "model",
            expected: "the first bytes of one of its formats".to_owned(),
            found: format!("{:02x?}", &bytes[..bytes.len().min(8)]),
            offset: 0,
        }),
    }
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
