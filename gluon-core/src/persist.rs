//! Files: models and arrays on disk, in the formats of others and our own.
//!
//! - [`Persist`] saves and loads the parameters of a model; [`Load`] says how strictly, a
//!   [`Report`] what happened.
//! - [`save`] and [`load`](load()) keep plain tensors: one, a list, or several by name.
//! - An [`Archive`] is a file that is open, whose arrays are read one by one.
//! - An [`Array`] is what every format reads and writes: an element type, a shape, and bytes.
//!
//! The extension chooses the [`Format`] when writing, the first bytes when reading. Files are
//! written by [`atomic::write`], so that a crash leaves the old file or the new one.

pub mod archive;
pub mod array;
pub mod atomic;
mod contents;
pub(crate) mod format;
pub(crate) mod index;
mod load;
pub(crate) mod model;
mod names;
#[cfg(feature = "checkpoint")]
pub(crate) mod native;
mod near;
#[cfg(feature = "npz")]
mod npz;
pub mod params;
mod plain;
mod plan;
mod report;
#[cfg(feature = "safetensors")]
mod safetensors;
pub(crate) mod source;
#[cfg(feature = "checkpoint")]
pub(crate) mod tuple;
mod undo;

use std::path::Path;

use crate::error::Result;

pub use archive::{Archive, Item};
pub use array::Array;
pub use contents::{Arrays, Contents, Note};
pub use format::{Format, from_bytes, read, write};
pub use load::{Cast, Load};
pub use model::Persist;
pub use report::{Converted, Renamed, Report, Tied};

/// Writes tensors to the file at `path`: one, a list of them, or several with names.
///
/// The format is that of the extension, as for models; Gluon's `nd.save`.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Tensor, persist};
///
/// # let directory = tempfile::tempdir()?;
/// # let at = |name| directory.path().join(name);
/// let (x, y) = (Tensor::arange(4), Tensor::zeros([4]));
/// persist::save(at("x"), &x)?;
/// assert_eq!(persist::load(at("x"))?.into_tensor()?, x);
///
/// persist::save(at("list"), [&x, &y])?;
/// assert_eq!(persist::load(at("list"))?.into_list(), [x.clone(), y.clone()]);
///
/// persist::save(at("dict"), [("x", &x), ("y", &y)])?;
/// let dict = persist::load(at("dict"))?.into_dict()?;
/// assert_eq!(dict, [("x".to_string(), x), ("y".to_string(), y)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As for [`write`](write()).
pub fn save(path: impl AsRef<Path>, tensors: impl Into<Arrays>) -> Result<()> {
    write(path, &tensors.into())
}

/// Reads the tensors of the file at `path`; Gluon's `nd.load`.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) if the file cannot be read,
/// [`Error::Format`](crate::Error::Format) if its bytes are not valid.
pub fn load(path: impl AsRef<Path>) -> Result<Arrays> {
    Ok(read(path)?.arrays)
}
