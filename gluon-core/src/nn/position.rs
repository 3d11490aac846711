//! Positional encodings: what tells the steps of a sequence apart.

use gluon_macros::Block;

use crate::block::Forward;
use crate::error::{Error, Result};
use crate::init::{Initializer, Normal};
use crate::parameter::Parameter;
use crate::tensor::Tensor;

/// The steps and units of a sequence, which is of floats.
fn sizes(op: &'static str, x: &Tensor) -> Result<[usize; 2]> {
    if !x.dtype().computes() {
        return Err(Error::only_floats(op, x.dtype()));
    }
    match x.shape().dims() {
        [.., steps, units] => Ok([*steps, *units]),
        _ => Err(Error::BadShape { op, expected: "[.., steps, units]", found: *x.shape() }),
    }
}

/// Adds waves of different lengths to the units of each step: at step `t`, `sin(t / 10000^(2i/units))`
/// to unit `2i`, and the cosine of the same to unit `2i + 1`.
///
/// # Shapes
/// `x: [.., steps, units]`, unchanged.
///
/// # Errors
/// `forward` returns [`Error::BadShape`] if `x` has fewer than two axes, and [`Error::BadDType`] unless
/// its elements are floats.
///
/// # Source
/// Vaswani et al., *Attention Is All You Need*, NeurIPS 2017, section 3.5.
#[derive(Block, Clone, Copy, Debug, Default)]
pub struct SinusoidalEncoding;

impl Forward for SinusoidalEncoding {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let [steps, units] = sizes("sinusoidal_encoding", x)?;
        let wave = |i: usize| {
            let (step, unit) = ((i / units) as f64, i % units);
            let exponent = (unit - unit % 2) as f64 / units as f64;
            let angle = step / 10_000f64.powf(exponent);
            if unit.is_multiple_of(2) { angle.sin() } else { angle.cos() }
        };
        let waves: Vec<f64> = (0..steps * units).map(wave).collect();
        x.add(Tensor::from_vec(waves, [steps, units])?.to_dtype(x.dtype()))
    }
}

/// Adds to each step a vector of its own, which is learned.
///
/// # Shapes
/// `x: [.., steps, units]`, unchanged; `weight: [max_steps, units]`, at first normal with a
/// standard deviation of 0.02.
///
/// # Errors
/// `forward` returns [`Error::BadShape`] if `x` has fewer than two axes, [`Error::BadDType`] unless its
/// elements are floats, [`Error::ParameterIndex`] if it has more steps than there are vectors, and
/// [`Error::InputShape`] if it has another number of units than before.
#[derive(Block, Debug)]
pub struct LearnedEncoding {
    /// `[max_steps, units]`
    pub weight: Parameter,
}

impl LearnedEncoding {
    /// A layer for sequences of up to `max_steps`, whose number of units the first `forward` tells.
    pub fn new(max_steps: usize) -> LearnedEncoding {
        LearnedEncoding { weight: Parameter::new([max_steps, 0]).with_init(Normal(0.02)) }
    }

    /// The same layer with an initializer for its vectors.
    pub fn weight_init(mut self, init: impl Initializer + 'static) -> LearnedEncoding {
        self.weight = self.weight.with_init(init);
        self
    }
}

impl Forward for LearnedEncoding {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let [steps, units] = sizes("learned_encoding", x)?;
        let bound = self.weight.shape()[0];
        if steps > bound {
            let (name, position) = (self.weight.label(), bound);
            return Err(Error::ParameterIndex { name, index: bound as f64, bound, position });
        }
        let weight = self.weight.data_with_shape([bound, units]);
        x.add(&weight.map_err(|error| error.of_input(x.shape()))?.slice(0, ..steps)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In whose type waves would be 0 but for their tops.
    #[test]
    fn steps_that_are_not_embedded_are_refused() {
        let tokens = Tensor::from([[3i64, 1, 4], [1, 5, 9]]);
        let text = |found: Result<Tensor>| found.unwrap_err().to_string();
        let expected = "expected float32 or float64, found int64; convert with `to_dtype`";
        let found = text(SinusoidalEncoding.forward(&tokens));
        assert_eq!(found, format!("`sinusoidal_encoding` {expected}"));
        assert_eq!(
            text(LearnedEncoding::new(2).forward(&tokens)),
            format!("`learned_encoding` {expected}")
        );
    }
}
