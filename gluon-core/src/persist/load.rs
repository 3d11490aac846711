//! Load: how strictly a file must fit a model, and how its names become the model's.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use regex_lite::Regex;

use crate::error::{Error, Result};

/// How a file is loaded into a model: strictly unless told otherwise.
///
/// ```
/// use gluon_core::persist::{Cast, Load};
///
/// let load = Load::new()
///     .rename(r"^encoder\.", "body.")        // the file's names become the model's
///     .select(r"body\.")                     // only these, as the model names them
///     .allow_missing()
///     .cast_dtype(Cast::ToModel);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Load {
    pub(super) allow_missing: bool,
    pub(super) ignore_extra: bool,
    pub(super) cast: Option<Cast>,
    rules: Vec<Rule>,
    selection: Option<String>,
    pub(super) dry_run: bool,
}

/// What to do where a file and a model have different element types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cast {
    /// Values are converted to the model's type; Gluon's `dtype_source="current"`.
    ToModel,
    /// Parameters take the file's type; Gluon's `dtype_source="saved"`.
    ToFile,
}

/// How names of arrays become names of parameters.
#[derive(Clone)]
enum Rule {
    Pattern { pattern: String, replacement: String },
    Function(Arc<Function>),
}

type Function = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Load {
    /// Every parameter must be in the file and every array in the model, of the same type.
    pub fn new() -> Load {
        Load::default()
    }

    /// Parameters that the file does not have stay as they are.
    pub fn allow_missing(self) -> Load {
        Load { allow_missing: true, ..self }
    }

    /// Arrays that the model has no parameter for are passed over.
    pub fn ignore_extra(self) -> Load {
        Load { ignore_extra: true, ..self }
    }

    /// Element types may differ.
    pub fn cast_dtype(self, cast: Cast) -> Load {
        Load { cast: Some(cast), ..self }
    }

    /// Replaces what matches the regular expression `pattern` in the names of arrays by
    /// `replacement`, in which `$1` or `${name}` stands for a group.
    ///
    /// Rules apply one after another, each to what the one before made of the name.
    pub fn rename(mut self, pattern: &str, replacement: &str) -> Load {
        let (pattern, replacement) = (pattern.to_owned(), replacement.to_owned());
        self.rules.push(Rule::Pattern { pattern, replacement });
        self
    }

    /// Renames arrays by a function, which returns `None` for names that stay.
    ///
    /// ```
    /// use gluon_core::persist::Load;
    ///
    /// let load = Load::new().rename_with(|key| Some(key.strip_prefix("module.")?.to_owned()));
    /// ```
    pub fn rename_with(
        mut self,
        function: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Load {
        self.rules.push(Rule::Function(Arc::new(function)));
        self
    }

    /// Loads only what has a structural name that matches `pattern` from its start; the rest of
    /// the model stays as it is, the rest of the file is passed over.
    pub fn select(self, pattern: &str) -> Load {
        Load { selection: Some(pattern.to_owned()), ..self }
    }

    /// Changes nothing, and reports what would happen; misfits are in the report then, not an
    /// error.
    pub fn dry_run(self) -> Load {
        Load { dry_run: true, ..self }
    }

    /// The rules, ready for use.
    ///
    /// # Errors
    /// [`Error::BadArgument`] if a pattern is not a regular expression.
    pub(crate) fn compile(&self) -> Result<Rules> {
        let rules = self.rules.iter().map(Rule::compile).collect::<Result<_>>()?;
        let selection = match &self.selection {
            Some(pattern) => Some(regex(&format!("^(?:{pattern})"), "select", pattern)?),
            None => None,
        };
        Ok(Rules { rules, selection })
    }
}

impl Rule {
    fn compile(&self) -> Result<Compiled> {
        Ok(match self {
            Rule::Pattern { pattern, replacement } => {
                Compiled::Regex(regex(pattern, "rename", pattern)?, replacement.clone())
            }
            Rule::Function(function) => Compiled::Function(Arc::clone(function)),
        })
    }
}

fn regex(pattern: &str, op: &'static str, written: &str) -> Result<Regex> {
    Regex::new(pattern).map_err(|error| Error::BadArgument {
        op,
        argument: "pattern",
        expected: "a regular expression",
        found: format!("`{written}`: {error}"),
    })
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::Pattern { pattern, replacement } => write!(f, "{pattern:?} -> {replacement:?}"),
            Rule::Function(_) => f.write_str("a function"),
        }
    }
}

/// The rules of a [`Load`], ready for use.
pub(crate) struct Rules {
    rules: Vec<Compiled>,
    selection: Option<Regex>,
}

enum Compiled {
    Regex(Regex, String),
    Function(Arc<Function>),
}

impl Rules {
    /// What the rules make of the name of an array.
    pub(super) fn rename<'k>(&self, key: &'k str) -> Cow<'k, str> {
        self.rules.iter().fold(Cow::Borrowed(key), |name, rule| match rule {
            Compiled::Regex(regex, replacement) => {
                Cow::Owned(regex.replace_all(&name, replacement.as_str()).into_owned())
            }
            Compiled::Function(function) => function(&name).map_or(name, Cow::Owned),
        })
    }

    /// Whether something of this structural name is to be loaded.
    pub(super) fn selects(&self, name: &str) -> bool {
        self.selection.as_ref().is_none_or(|regex| regex.is_match(name))
    }
}
