//! Initializers of a fixed width.

use super::{Initializer, Target};
use crate::error::Result;

/// Uniform on `[-scale, scale)`. Gluon's default, with scale 0.07.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uniform(
    /// Half the width.
    pub f64,
);

impl Default for Uniform {
    fn default() -> Uniform {
        Uniform(0.07)
    }
}

impl Initializer for Uniform {
    fn fill(&self, target: &mut Target<'_>) -> Result<()> {
        for value in &mut *target.values {
            *value = target.generator.range(-self.0, self.0);
        }
        Ok(())
    }
}

/// Normal with mean 0 and standard deviation `sigma`; 0.01 by default.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normal(
    /// The standard deviation.
    pub f64,
);

impl Default for Normal {
    fn default() -> Normal {
        Normal(0.01)
    }
}

impl Initializer for Normal {
    fn fill(&self, target: &mut Target<'_>) -> Result<()> {
        for value in &mut *target.values {
            *value = self.0 * target.generator.normal();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::tests::{draw, moments};

    /// Bounds are five standard errors of the statistic over 40,000 draws.
    #[test]
    fn moments_are_those_of_the_distribution() {
        let uniform = draw(&Uniform::default(), [200, 200]).unwrap();
        assert!(uniform.iter().all(|v| (-0.07..0.07).contains(v)));
        let (mean, std) = moments(&uniform);
        assert!(mean.abs() < 5.0 * 0.0404 / 200.0, "{mean}");
        assert!((std - 0.07 / 3f64.sqrt()).abs() < 0.0005, "{std}");

        let (mean, std) = moments(&draw(&Normal(2.0), [200, 200]).unwrap());
        assert!(mean.abs() < 5.0 * 2.0 / 200.0, "{mean}");
        assert!((std - 2.0).abs() < 5.0 * 2.0 / (2.0 * 40_000f64).sqrt(), "{std}");
    }
}
