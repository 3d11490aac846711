//! Mixed: another initializer for each pattern of names.

use regex_lite::Regex;

use super::{Initializer, Target};
use crate::error::Result;
use crate::pattern::at_start;

/// The first initializer whose pattern matches the parameter's structural name from its start.
///
/// Unlike MXNet's it can be given to `initialize`. Parameters with an initializer of their own
/// keep it there. Needs the feature `regex`, which is on by default.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::init::{Mixed, One, Zero};
/// use gluon::{Block, nn::Dense, sequential};
///
/// let mut net = sequential![Dense::new(2).in_units(3), Dense::new(2).in_units(2)];
/// net.initialize_with(Mixed::new().with("0", One)?.with(".*", Zero)?)?;
/// assert_eq!(net.get::<Dense>(0).unwrap().weight.data()?.sum()?.item()?, 6.0);
/// assert_eq!(net.get::<Dense>(1).unwrap().weight.data()?.sum()?.item()?, 0.0);
/// # Ok::<(), gluon::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Mixed {
    cases: Vec<(Regex, Box<dyn Initializer>)>,
}

impl Mixed {
    /// No patterns yet.
    pub fn new() -> Mixed {
        Mixed::default()
    }

    /// `init` for the parameters that match `pattern`, a regular expression, and no earlier one.
    ///
    /// # Errors
    /// [`Error::BadArgument`](crate::Error::BadArgument) if `pattern` is not a regular expression.
    pub fn with(mut self, pattern: &str, init: impl Initializer + 'static) -> Result<Mixed> {
        let regex = at_start("Mixed::with", pattern)?;
        self.cases.push((regex, Box::new(init)));
        Ok(self)
    }
}

impl Initializer for Mixed {
    fn fill(&self, target: &mut Target<'_>) -> Result<()> {
        match self.cases.iter().find(|(pattern, _)| pattern.is_match(target.name)) {
            Some((_, init)) => init.fill(target),
            None => Err(target.refuse(self, "a name that a pattern matches; add `.*`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::tests::draw;
    use crate::init::{Constant, One};

    #[test]
    fn the_first_pattern_that_matches_from_the_start_decides() {
        let mixed = Mixed::new().with("eight", One).unwrap();
        assert!(draw(&mixed, [2]).unwrap_err().to_string().ends_with("add `.*`"));
        let mixed = mixed.with(".*eight", Constant(2.0)).unwrap().with(".*", One).unwrap();
        assert_eq!(draw(&mixed, [2]).unwrap(), [2.0; 2]);
        assert!(Mixed::new().with("(", One).is_err());
    }
}
