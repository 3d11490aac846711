//! Reports: what a load did, or would do.

use std::fmt;
use std::path::PathBuf;

use super::contents::Note;
use super::format::Format;
use crate::dtype::DType;
use crate::error::Misfit;

/// What a load did, or in a [dry run](super::Load::dry_run) would do.
///
/// Parameters are called by their canonical structural names, arrays by their names in the file.
/// Prints as a summary of a few lines.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The file.
    pub path: PathBuf,
    /// Its format.
    pub format: Format,
    /// The parameters that have values from the file, in the model's order.
    pub loaded: Vec<String>,
    /// The parameters that the file has no array for, each a [`Misfit::Missing`].
    pub missing: Vec<Misfit>,
    /// The arrays that the model has no parameter for, each a [`Misfit::Extra`].
    pub extra: Vec<Misfit>,
    /// Whatever else does not fit, such as a [`Misfit::Shape`]. Empty except in a dry run: it is
    /// an error otherwise.
    pub mismatched: Vec<Misfit>,
    /// Arrays that are called something else in the model.
    pub renamed: Vec<Renamed>,
    /// Parameters whose values, or which themselves, were converted.
    pub converted: Vec<Converted>,
    /// Parameters that several arrays of the file stand for.
    pub tied: Vec<Tied>,
    /// Arrays that the selection leaves out.
    pub unselected: Vec<String>,
    /// What is unusual in the file.
    pub notes: Vec<Note>,
    /// Whether missing parameters and extra arrays are allowed.
    pub(super) allowed: [bool; 2],
}

/// An array that is called something else in the model.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Renamed {
    /// Its name in the file.
    pub key: String,
    /// Its name in the model.
    pub name: String,
}

/// A parameter whose element type is not the file's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Converted {
    /// The parameter.
    pub name: String,
    /// The type that was converted.
    pub from: DType,
    /// The type it was converted to.
    pub to: DType,
}

/// A parameter that several arrays of the file stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tied {
    /// The parameter.
    pub name: String,
    /// The arrays, all equal.
    pub keys: Vec<String>,
}

impl Report {
    /// Whether the file can be loaded; always true unless this was a dry run.
    pub fn fits(&self) -> bool {
        self.misfits().next().is_none()
    }

    /// What keeps the file from being loaded.
    pub fn misfits(&self) -> impl Iterator<Item = &Misfit> {
        let [missing, extra] = self.allowed;
        let missing = if missing { &[] } else { self.missing.as_slice() };
        let extra = if extra { &[] } else { self.extra.as_slice() };
        self.mismatched.iter().chain(missing).chain(extra)
    }
}

/// The most entries of a list that are printed before the others are only counted.
const SHOWN: usize = 10;

fn list(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    items: &mut dyn ExactSizeIterator<Item = String>,
) -> fmt::Result {
    let count = items.len();
    if count == 0 {
        return Ok(());
    }
    write!(f, "\n{title}:")?;
    for item in items.take(SHOWN) {
        write!(f, "\n  {item}")?;
    }
    if count > SHOWN { write!(f, "\n  and {} more", count - SHOWN) } else { Ok(()) }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.loaded.len();
        let parameters = if count == 1 { "parameter" } else { "parameters" };
        write!(f, "{count} {parameters} from `{}` ({})", self.path.display(), self.format)?;
        list(f, "missing", &mut self.missing.iter().map(ToString::to_string))?;
        list(f, "extra", &mut self.extra.iter().map(ToString::to_string))?;
        list(f, "mismatched", &mut self.mismatched.iter().map(ToString::to_string))?;
        let renamed = self.renamed.iter();
        let renamed = &mut renamed.map(|r| format!("`{}` is `{}` here", r.key, r.name));
        list(f, "renamed", renamed)?;
        let converted = self.converted.iter();
        let converted = &mut converted.map(|c| format!("`{}` from {} to {}", c.name, c.from, c.to));
        list(f, "converted", converted)?;
        let tied = self.tied.iter();
        let tied = &mut tied.map(|t| format!("`{}` is `{}`", t.name, t.keys.join("`, `")));
        list(f, "tied", tied)?;
        list(f, "not selected", &mut self.unselected.iter().map(|key| format!("`{key}`")))?;
        list(f, "notes", &mut self.notes.iter().map(ToString::to_string))
    }
}
