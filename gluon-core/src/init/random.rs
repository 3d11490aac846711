//! Initializers of a fixed width.

use super::{Initializer, Target};
use crate::buffer::for_dtype;
use crate::error::Result;
use crate::random::range_of;

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
        for_dtype!(target.dtype, T => {
            let draw = range_of::<T>(-self.0, self.0);
            target.values.iter_mut().for_each(|value| *value = draw(&mut target.generator));
        });
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
    use crate::dtype::DType;
    use crate::init::tests::{draw, moments};
    use crate::random::Generator;

    /// The first word that this generator draws is the largest one.
    #[test]
    fn the_largest_draw_stays_below_the_scale_in_every_type() {
        let largest = || Generator::from_state([0, 1, 2, u64::MAX]).unwrap();
        assert_eq!(largest().uniform(), 1.0f64.next_down());
        for (dtype, below) in [
            (DType::F64, 2.0 - (0.5f64).powi(51)),
            (DType::F32, f64::from(2.0f32.next_down())),
            (DType::F16, 2.0 - (0.5f64).powi(10)),
            (DType::BF16, 2.0 - (0.5f64).powi(7)),
            (DType::I32, 1.0),
        ] {
            let mut values = [0.0];
            let (name, shape, generator) = ("weight", 1.into(), largest());
            let target = &mut Target { name, shape, dtype, values: &mut values, generator };
            Uniform(2.0).fill(target).unwrap();
            let stored = crate::Tensor::scalar(values[0], dtype).item().unwrap();
            assert_eq!(stored, below, "{dtype}");
        }
    }

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
