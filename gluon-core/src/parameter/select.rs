//! Selection: the parameters of a dictionary whose names match a pattern.

use super::ParameterDict;
use crate::error::Result;
use crate::pattern::at_start;

impl ParameterDict {
    /// The parameters whose scoped name matches `pattern` from its start, as in Gluon: `.*weight`,
    /// `mlp0_dense0`.
    ///
    /// Needs the feature `regex`, which is on by default.
    ///
    /// # Errors
    /// [`Error::BadArgument`](crate::Error::BadArgument) if `pattern` is not a regular expression.
    pub fn select(&self, pattern: &str) -> Result<ParameterDict> {
        let regex = at_start("select", pattern)?;
        Ok(self.filter(|entry| regex.is_match(entry.name())))
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
