//! Load: how strictly a file must fit a model, and how its names become the model's.

#[cfg(feature = "regex")]
mod pattern;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::error::Result;

/// How a file is loaded into a model: strictly unless told otherwise.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::persist::{Cast, Load};
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
    renames: Vec<Arc<Rule<Rename>>>,
    selection: Option<Arc<Rule<Select>>>,
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

/// What becomes of the name of an array; `None` if it stays.
type Rename = dyn Fn(&str) -> Option<String>;
/// Whether something of this name is to be loaded.
type Select = dyn Fn(&str) -> bool;

/// A rule about names.
struct Rule<F: ?Sized> {
    /// As it was written.
    text: String,
    /// Makes it ready for use.
    compile: Box<dyn Fn() -> Result<Box<F>> + Send + Sync>,
}

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

    /// Renames arrays by a function, which returns `None` for names that stay.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::persist::Load;
    ///
    /// let load = Load::new().rename_with(|key| Some(key.strip_prefix("module.")?.to_owned()));
    /// ```
    pub fn rename_with(
        mut self,
        function: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Load {
        let function = Arc::new(function);
        self.renames.push(Rule::<Rename>::new("a function".to_owned(), move || {
            let function = Arc::clone(&function);
            Ok(Box::new(move |name| function(name)))
        }));
        self
    }

    /// Changes nothing, and reports what would happen; misfits are in the report then, not an
    /// error.
    pub fn dry_run(self) -> Load {
        Load { dry_run: true, ..self }
    }

    /// The rules, ready for use.
    ///
    /// # Errors
    /// [`Error::BadArgument`](crate::Error::BadArgument) if a pattern is not a regular expression.
    pub(crate) fn compile(&self) -> Result<Rules> {
        Ok(Rules {
            renames: self.renames.iter().map(|rule| (rule.compile)()).collect::<Result<_>>()?,
            selection: match &self.selection {
                Some(rule) => Some((rule.text.clone(), (rule.compile)()?)),
                None => None,
            },
        })
    }
}

impl<F: ?Sized> Rule<F> {
    fn new(
        text: String,
        compile: impl Fn() -> Result<Box<F>> + Send + Sync + 'static,
    ) -> Arc<Rule<F>> {
        Arc::new(Rule { text, compile: Box::new(compile) })
    }
}

impl<F: ?Sized> fmt::Debug for Rule<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The rules of a [`Load`], ready for use.
pub(crate) struct Rules {
    renames: Vec<Box<Rename>>,
    selection: Option<(String, Box<Select>)>,
}

impl Rules {
    /// What the rules make of the name of an array.
    pub(super) fn rename<'k>(&self, key: &'k str) -> Cow<'k, str> {
        self.renames
            .iter()
            .fold(Cow::Borrowed(key), |name, rename| rename(&name).map_or(name, Cow::Owned))
    }

    /// Whether something of this structural name is to be loaded.
    pub(super) fn selects(&self, name: &str) -> bool {
        self.selection.as_ref().is_none_or(|(_, selects)| selects(name))
    }

    /// What is to be selected, if not everything.
    pub(super) fn selection(&self) -> Option<&str> {
        self.selection.as_ref().map(|(pattern, _)| &**pattern)
    }
}
