//! Formats: which one a file is in, or is to be written in.

use std::collections::HashSet;
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
///
/// | format | extension | feature | shared parameters |
/// | --- | --- | --- | --- |
/// | [`Params`](Format::Params) | `.params`, none, or any that nobody else has | | under every name |
/// | [`Gluon`](Format::Gluon) | `.gluon` | `checkpoint` (default) | once, with their names |
/// | [`SafeTensors`](Format::SafeTensors) | `.safetensors` | `safetensors` | once, other names in the metadata |
/// | [`Npz`](Format::Npz) | `.npz` | `npz` | under every name |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// MXNet's `.params`, what Gluon saves models to.
    Params,
    /// Our own `.gluon`: every array is checked when it is read, and training can be resumed.
    Gluon,
    /// `.safetensors`, what most others read. Holds arrays with names only.
    SafeTensors,
    /// `.npz`, what NumPy's `savez` writes: a ZIP archive of `.npy` files.
    Npz,
}

impl Format {
    /// The format that the extension of `path` stands for.
    ///
    /// Without an extension, or with one that no format has, it is [`Params`](Format::Params):
    /// Gluon writes that format whatever the file is called. Extensions of formats that are not
    /// written here are for [`write`](write()) to refuse.
    pub fn of_path(path: impl AsRef<Path>) -> Format {
        match &*extension(path.as_ref()) {
            "gluon" => Format::Gluon,
            "safetensors" => Format::SafeTensors,
            "npz" => Format::Npz,
            _ => Format::Params,
        }
    }

    /// The format of a file that begins with these bytes, 9 or more if there are so many; `None` if
    /// no format does.
    pub fn of_bytes(bytes: &[u8]) -> Option<Format> {
        match bytes {
            _ if bytes.starts_with(&params::MAGIC) => Some(Format::Params),
            [0x89, b'g', b'l', b'u', b'o', b'n', ..] => Some(Format::Gluon),
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Format::Npz),
            // the length of a header below 4 GiB, and the header's first letter
            [_, _, _, _, 0, 0, 0, 0, b'{', ..] => Some(Format::SafeTensors),
            _ => None,
        }
    }

    /// The format's name.
    pub fn name(self) -> &'static str {
        match self {
            Format::Params => params::FORMAT,
            Format::Gluon => "gluon",
            Format::SafeTensors => "safetensors",
            Format::Npz => "npz",
        }
    }

    /// The error that this build does not know the format.
    #[allow(dead_code, reason = "used by builds without some feature")]
    fn disabled(self, path: &Path) -> Error {
        let feature = match self {
            Format::Gluon => "checkpoint",
            _ => self.name(),
        };
        Error::FormatDisabled { path: path.to_path_buf(), format: self.name(), feature }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn extension(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase()
}

/// Refuses a path whose extension promises another format than what is written: one of others, or,
/// where that is `.gluon` `alone`, another of ours.
pub(crate) fn check_extension(path: &Path, alone: bool) -> Result<()> {
    let whose = match &*extension(path) {
        "pt" | "pth" => "PyTorch",
        "pkl" | "pickle" => "pickles",
        "onnx" => "ONNX",
        "h5" | "hdf5" | "keras" => "Keras",
        "npy" => "single arrays of NumPy",
        "params" if alone => "MXNet",
        "safetensors" if alone => "`safetensors`",
        "npz" if alone => "archives of NumPy",
        _ => return Ok(()),
    };
    let (op, expected) = match alone {
        true => ("Checkpoint::save", "one that ends in `.gluon`, or as no other format does"),
        false => ("save", "one that ends in `.params`, `.gluon`, `.safetensors` or `.npz`"),
    };
    let found = format!("`{}`, whose ending is that of {whose}", path.display());
    Err(Error::BadArgument { op, argument: "path", expected, found })
}

/// Reads the arrays of the file at `path`, whose first bytes tell the format.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read, [`Error::Format`] if its bytes are not valid,
/// [`Error::FormatDisabled`] if its format needs a feature.
pub fn read(path: impl AsRef<Path>) -> Result<Contents> {
    index(path.as_ref())?.1.read()
}

/// The arrays of a file with these bytes, as [`read`] reads it; `path` serves the errors.
///
/// # Errors
/// [`Error::Format`] if the bytes are not valid, [`Error::FormatDisabled`] if their format needs a
/// feature.
pub fn from_bytes(
    bytes: impl AsRef<[u8]> + Send + Sync + 'static,
    path: impl AsRef<Path>,
) -> Result<Contents> {
    index_of(Source::memory(Arc::new(bytes), path.as_ref()))?.1.read()
}

/// The format of the file at `path`, and what it holds.
pub(super) fn index(path: &Path) -> Result<(Format, Index)> {
    index_of(Source::open(path)?)
}

pub(super) fn index_of(source: Source) -> Result<(Format, Index)> {
    let head = source.head(256)?.into_owned();
    let source = Arc::new(source);
    let format = Format::of_bytes(&head);
    let unknown = |expected: &str, found: String| {
        source.invalid("model", 0, format!("the first bytes of {expected}"), found)
    };
    if is_of_torch(&head, format) {
        let others = ".params, .gluon, .npz or .safetensors";
        let expected = format!("{others}, which `safetensors.torch.save_file` writes");
        return Err(unknown(&expected, "those of a `torch.save` file".to_owned()));
    }
    let format = format.ok_or_else(|| match &head[..head.len().min(16)] {
        [] => unknown(".params, .gluon, .safetensors or .npz", "nothing".to_owned()),
        head => unknown(".params, .gluon, .safetensors or .npz", format!("{head:02x?}")),
    })?;
    let index = match format {
        Format::Params => params::index(&source)?,
        #[cfg(feature = "checkpoint")]
        Format::Gluon => super::native::open(&source)?.0,
        #[cfg(feature = "safetensors")]
        Format::SafeTensors => super::safetensors::index(&source)?,
        #[cfg(feature = "npz")]
        Format::Npz => super::npz::index(&source)?,
        #[allow(unreachable_patterns, reason = "all features may be on")]
        other => return Err(other.disabled(source.path())),
    };
    Ok((format, index))
}

/// Whether a file that begins like this, as one of `format` would, is PyTorch's: a pickle, or a ZIP
/// archive that begins with one or with its first tensor.
fn is_of_torch(head: &[u8], format: Option<Format>) -> bool {
    match format {
        None => matches!(head, [0x80, 2..=5, ..]),
        Some(Format::Npz) => {
            let len =
                head.get(26..28).map_or(0, |len| usize::from(len[0]) | usize::from(len[1]) << 8);
            let name = head.get(30..30 + len).unwrap_or_default();
            name.ends_with(b"/data.pkl") || name.ends_with(b"/data/0")
        }
        _ => false,
    }
}

/// Writes the file at `path`, [atomically](super::atomic::write), in the format of its extension.
///
/// # Errors
/// [`Error::Io`] if the file cannot be written, [`Error::Unstorable`] if the format cannot hold
/// the arrays, [`Error::FormatDisabled`] if it needs a feature, [`Error::BadArgument`] if the extension
/// is one by which others know another format, such as `.pt`.
pub fn write(path: impl AsRef<Path>, arrays: &Arrays) -> Result<()> {
    let path = path.as_ref();
    check_extension(path, false)?;
    let format = Format::of_path(path);
    if format != Format::Params {
        unique(format, arrays)?;
    }
    match format {
        Format::Params => params::write(path, arrays),
        #[cfg(feature = "checkpoint")]
        Format::Gluon => {
            let image = super::native::Image::new(arrays, &super::native::Extras::default())?;
            super::atomic::write(path, |out| image.write(out))
        }
        #[cfg(feature = "safetensors")]
        Format::SafeTensors => super::safetensors::write(path, arrays),
        #[cfg(feature = "npz")]
        Format::Npz => super::npz::write(path, arrays),
        #[allow(unreachable_patterns, reason = "all features may be on")]
        other => Err(other.disabled(path)),
    }
}

/// Of equal names, only `.params` has a rule.
fn unique(format: Format, arrays: &Arrays) -> Result<()> {
    let mut names = HashSet::with_capacity(arrays.len());
    match arrays.iter().filter_map(|(name, _)| name).find(|name| !names.insert(*name)) {
        Some(name) => Err(Error::Unstorable {
            format: format.name(),
            expected: "names that differ",
            found: format!("`{}` twice", name.escape_debug()),
        }),
        None => Ok(()),
    }
}
