//! Patterns: regular expressions that names are compared with.

use regex_lite::Regex;

use crate::error::{Error, Result};

/// `pattern`, to be found anywhere in a name.
///
/// # Errors
/// [`Error::BadArgument`] if it is not a regular expression.
pub(crate) fn anywhere(op: &'static str, pattern: &str) -> Result<Regex> {
    compile(op, pattern, pattern)
}

/// `pattern`, which a name has to match from its start.
///
/// # Errors
/// As for [`anywhere`].
pub(crate) fn at_start(op: &'static str, pattern: &str) -> Result<Regex> {
    compile(op, &format!("^(?:{pattern})"), pattern)
}

fn compile(op: &'static str, pattern: &str, written: &str) -> Result<Regex> {
    // What is written has to be one by itself: around `a)|(b`, parentheses would pair otherwise.
    Regex::new(written).and_then(|_| Regex::new(pattern)).map_err(|error| Error::BadArgument {
        op,
        argument: "pattern",
        expected: "a regular expression",
        found: format!("`{written}`: {error}"),
    })
}
