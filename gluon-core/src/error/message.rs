//! Messages: how errors read.

use std::error::Error as _;
use std::fmt;

use super::Error;
use crate::shape::Shape;

/// The message and its causes, so that what `main` returns and `unwrap` meets reads as text.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut cause = self.innermost().source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// `an axis from -2 to 1`, or `no axis` where there is none.
pub(super) fn any(what: &str, low: isize, bound: usize) -> String {
    match bound.checked_sub(1) {
        Some(last) => format!("{what} from {low} to {last}"),
        None => format!("no {}", what.rsplit(' ').next().unwrap_or(what)),
    }
}

/// What an index should have been.
pub(super) fn whole(index: f64) -> &'static str {
    if index.fract() == 0.0 { "an index" } else { "a whole number" }
}

/// Why sizes are unknown, and what tells them.
pub(super) fn untold(input: Option<&Shape>) -> String {
    match input {
        Some(shape) => {
            format!(
                ", which an input of shape {shape} does not tell; begin with one that has elements, or state them"
            )
        }
        None => "; the first `forward` tells those of its input, state all others".to_owned(),
    }
}

/// Names in a row: `a`, `b`, and so on.
pub(super) fn listed(names: &[String]) -> String {
    match names {
        [] => "none but itself".to_owned(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}
