//! Initializers whose width follows from the parameter's shape.

use super::{Initializer, Target};
use crate::error::Result;

/// The distribution that values are drawn from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Distribution {
    /// Uniform on `[-s, s)`.
    #[default]
    Uniform,
    /// Normal with standard deviation `s`.
    Gaussian,
}

/// What the variance is divided by.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Factor {
    /// The mean of inputs and outputs.
    #[default]
    Avg,
    /// The number of inputs of a unit.
    In,
    /// The number of outputs that an input reaches.
    Out,
}

/// Xavier initialization: `s = √(magnitude / factor)`, which keeps the variance of activations and
/// gradients about equal from layer to layer.
///
/// A unit of a weight `[out, in, ..]` has `in` times the product of the rest inputs, and likewise
/// outputs.
///
/// # Source
/// Glorot & Bengio 2010, eq. 16; parametrized as in MXNet's `Xavier`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Xavier {
    /// The distribution; uniform by default.
    pub distribution: Distribution,
    /// The divisor; the mean of inputs and outputs by default.
    pub factor: Factor,
    /// The dividend; 3 by default, which makes the variance `1 / factor` for the uniform
    /// distribution.
    pub magnitude: f64,
}

impl Default for Xavier {
    fn default() -> Xavier {
        Xavier { distribution: Distribution::default(), factor: Factor::default(), magnitude: 3.0 }
    }
}

impl Initializer for Xavier {
    fn fill(&self, target: &mut Target<'_>) -> Result<()> {
        let [outputs, inputs, rest @ ..] = target.shape.dims() else {
            return Err(target.refuse(self, "at least two axes"));
        };
        let window = rest.iter().product::<usize>() as f64;
        let (fan_in, fan_out) = (*inputs as f64 * window, *outputs as f64 * window);
        let factor = match self.factor {
            Factor::Avg => (fan_in + fan_out) / 2.0,
            Factor::In => fan_in,
            Factor::Out => fan_out,
        };
        let scale = (self.magnitude / factor).sqrt();
        match self.distribution {
            Distribution::Uniform => super::Uniform(scale).fill(target),
            Distribution::Gaussian => super::Normal(scale).fill(target),
        }
    }
}

/// Normal with the variance that keeps that of activations after a PReLU of slope `slope`:
/// [`Xavier`] with magnitude `2 / (1 + slope²)`.
///
/// # Source
/// He, Zhang, Ren & Sun, *Delving deep into rectifiers*, ICCV 2015; MXNet's `MSRAPrelu`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MsraPrelu {
    /// The divisor; the mean of inputs and outputs by default.
    pub factor: Factor,
    /// The slope below 0; 0.25 by default.
    pub slope: f64,
}

impl Default for MsraPrelu {
    fn default() -> MsraPrelu {
        MsraPrelu { factor: Factor::default(), slope: 0.25 }
    }
}

impl Initializer for MsraPrelu {
    fn fill(&self, target: &mut Target<'_>) -> Result<()> {
        let magnitude = 2.0 / (1.0 + self.slope * self.slope);
        let distribution = Distribution::Gaussian;
        Xavier { distribution, factor: self.factor, magnitude }.fill(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::tests::{draw, moments};

    #[test]
    fn the_width_follows_the_shape() {
        let shape = [60, 30, 5, 5];
        for (factor, divisor) in [(Factor::Avg, 1125.0), (Factor::In, 750.0), (Factor::Out, 1500.0)]
        {
            let scale = (6.0f64 / divisor).sqrt();
            let xavier = Xavier { factor, magnitude: 6.0, ..Xavier::default() };
            let values = draw(&xavier, shape).unwrap();
            let largest = values.iter().fold(0.0f64, |a, b| a.max(b.abs()));
            assert!(largest <= scale && largest > 0.999 * scale, "{largest} {scale}");

            let gaussian = Xavier { distribution: Distribution::Gaussian, ..xavier };
            let (_, std) = moments(&draw(&gaussian, shape).unwrap());
            assert!((std / scale - 1.0).abs() < 5.0 / (2.0 * 45_000f64).sqrt(), "{std} {scale}");
        }
    }

    #[test]
    fn a_slope_lowers_the_variance() {
        let gaussian = |magnitude| Xavier {
            distribution: Distribution::Gaussian,
            factor: Factor::In,
            magnitude,
        };
        for (slope, magnitude) in [(0.0, 2.0), (1.0, 1.0)] {
            let prelu = draw(&MsraPrelu { factor: Factor::In, slope }, [5, 4]).unwrap();
            assert_eq!(prelu, draw(&gaussian(magnitude), [5, 4]).unwrap());
        }
    }

    #[test]
    fn one_axis_is_refused() {
        let error = draw(&Xavier::default(), [3]).unwrap_err().to_string();
        assert!(error.starts_with("parameter `weight` of shape (3,)"), "{error}");
        assert!(error.ends_with("which expects at least two axes"), "{error}");
    }
}
