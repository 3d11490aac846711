//! Initializers without chance.

use super::{Initializer, Target};
use crate::error::Result;

/// Every value 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Zero;

/// Every value 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct One;

/// Every value the same number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constant(
    /// The number.
    pub f64,
);

impl Initializer for Zero {
    fn fill(&self, target: &mut Target<'_>) -> Result<()> {
        Constant(0.0).fill(target)
    }
}

impl Initializer for One {
    fn fill(&self, target: &mut Target<'_>) -> Result<()> {
        Constant(1.0).fill(target)
    }
}

impl Initializer for Constant {
    fn fill(&self, target: &mut Target<'_>) -> Result<()> {
        target.values.fill(self.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::tests::draw;

    #[test]
    fn values_are_the_constant() {
        assert_eq!(draw(&Zero, [3]).unwrap(), [0.0; 3]);
        assert_eq!(draw(&One, [3]).unwrap(), [1.0; 3]);
        assert_eq!(draw(&Constant(2.5), [3]).unwrap(), [2.5; 3]);
    }
}
