//! Selection: the parameters of a dictionary whose names match a pattern.

use super::ParameterDict;
use crate::error::Result;
use crate::pattern::at_start;

impl ParameterDict {
    /// The parameters one of whose names matches `pattern` from its start: the scoped one, as in
    /// Gluon, or a structural one; `.*weight`, `mlp0_dense0`, `hidden`.
    ///
    /// Needs the feature `regex`, which is on by default.
    ///
    /// # Errors
    /// [`Error::BadArgument`](crate::Error::BadArgument) if `pattern` is not a regular expression.
    pub fn select(&self, pattern: &str) -> Result<ParameterDict> {
        let regex = at_start("select", pattern)?;
        let matches = |name: &str| regex.is_match(name);
        Ok(self.filter(|entry| matches(entry.name()) || entry.paths().any(matches)))
    }

    /// The parameters one of whose structural names matches `pattern` from its start.
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
