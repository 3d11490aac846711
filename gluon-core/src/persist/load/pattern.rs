//! Patterns of a load: regular expressions that rename arrays or select parameters.

use super::{Load, Rename, Rule, Select};
use crate::pattern::{anywhere, at_start};

impl Load {
    /// Replaces what matches the regular expression `pattern` in the names of arrays by
    /// `replacement`, in which `$1` or `${name}` stands for a group.
    ///
    /// Rules apply one after another, each to what the one before made of the name.
    ///
    /// Needs the feature `regex`, which is on by default.
    pub fn rename(mut self, pattern: &str, replacement: &str) -> Load {
        let text = format!("{pattern:?} -> {replacement:?}");
        let (pattern, replacement) = (pattern.to_owned(), replacement.to_owned());
        self.renames.push(Rule::<Rename>::new(text, move || {
            let (regex, to) = (anywhere("rename", &pattern)?, replacement.clone());
            Ok(Box::new(move |name| Some(regex.replace_all(name, to.as_str()).into_owned())))
        }));
        self
    }

    /// Loads only what has a structural name that matches `pattern` from its start; the rest of
    /// the model stays as it is, the rest of the file is passed over. A pattern that fits nothing
    /// is a misfit, unless missing parameters and extra arrays are both allowed.
    ///
    /// Needs the feature `regex`, which is on by default.
    pub fn select(self, pattern: &str) -> Load {
        let (text, pattern) = (pattern.to_owned(), pattern.to_owned());
        let selection = Rule::<Select>::new(text, move || {
            let regex = at_start("select", &pattern)?;
            Ok(Box::new(move |name| regex.is_match(name)))
        });
        Load { selection: Some(selection), ..self }
    }
}
