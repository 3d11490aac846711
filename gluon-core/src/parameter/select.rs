//! Selection: the parameters of a dictionary whose names match a pattern.

use super::ParameterDict;
use crate::error::Result;
use crate::pattern::at_start;

impl ParameterDict {
    /// The parameters one of whose names matches `pattern` from its start: the scoped one, as in
    /// Gluon, or a structural one; `.*weight`, `mlp0_dense0`, `hidden`.
    ///
    /// What matches no more than the [prefix](ParameterDict::prefix) of all scoped names counts only
    /// if nothing else matches: in a `Decoder`, whose scoped names all begin with `decoder0_`,
    /// `decoder` is a field, if there is one. Where nothing matches the dictionary is empty, which
    /// is no error: [`is_empty`](ParameterDict::is_empty) tells a pattern that is misspelt.
    ///
    /// Needs the feature `regex`, which is on by default.
    ///
    /// # Errors
    /// [`Error::BadArgument`](crate::Error::BadArgument) if `pattern` is not a regular expression.
    pub fn select(&self, pattern: &str) -> Result<ParameterDict> {
        let regex = at_start("select", pattern)?;
        let by_name = |least: usize| {
            self.filter(|entry| {
                regex.find(entry.name()).is_some_and(|found| found.end() >= least)
                    || entry.paths().any(|path| regex.is_match(path))
            })
        };
        let selected = by_name(self.prefix().len());
        Ok(if selected.is_empty() { by_name(0) } else { selected })
    }

    /// The parameters one of whose structural names matches `pattern` from its start; none, and no
    /// error, where nothing does.
    ///
    /// Needs the feature `regex`, which is on by default.
    ///
    /// # Errors
    /// [`Error::BadArgument`](crate::Error::BadArgument) if `pattern` is not a regular expression.
    pub fn select_path(&self, pattern: &str) -> Result<ParameterDict> {
        let regex = at_start("select_path", pattern)?;
        Ok(self.filter(|entry| entry.paths().any(|path| regex.is_match(path))))
    }
}
