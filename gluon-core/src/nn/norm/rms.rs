//! Normalization by the root of the mean square.

use gluon_macros::Block;

use crate::block::Forward;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::init::One;
use crate::nn::print::number;
use crate::ops::norm::{Rows, norm};
use crate::parameter::Parameter;
use crate::tensor::Tensor;

/// Each vector along the last axis divided by the root of its mean square, times `gamma`.
///
/// # Shapes
/// `x: [.., channels]`, unchanged; `gamma: [channels]`, at first 1.
///
/// # Errors
/// `forward` returns [`Error::BadShape`] for a scalar and [`Error::InputShape`] if the last axis
/// has another size than before.
///
/// # Source
/// Zhang & Sennrich, *Root Mean Square Layer Normalization*, NeurIPS 2019, eq. 4.
#[derive(Block, Debug)]
#[block(describe = RmsNorm::line)]
pub struct RmsNorm {
    /// The factor: `[channels]`
    pub gamma: Parameter,
    epsilon: f64,
}

impl RmsNorm {
    /// A layer with epsilon 1e-6, whose size the first `forward` tells.
    pub fn new() -> RmsNorm {
        RmsNorm { gamma: Parameter::new(0).with_init(One), epsilon: 1e-6 }
    }

    /// The same layer for a known number of channels.
    pub fn in_channels(mut self, channels: usize) -> RmsNorm {
        self.gamma = self.gamma.shaped(channels);
        self
    }

    /// The same layer with `epsilon` added to the mean square.
    pub fn epsilon(mut self, epsilon: f64) -> RmsNorm {
        self.epsilon = epsilon;
        self
    }

    /// The same layer with a factor of type `dtype`.
    pub fn dtype(mut self, dtype: DType) -> RmsNorm {
        self.gamma = self.gamma.with_dtype(dtype);
        self
    }

    fn line(&self) -> String {
        let (epsilon, channels) = (number(self.epsilon), self.gamma.shape()[0]);
        format!("RMSNorm(eps={epsilon}, in_channels={channels})")
    }
}

impl Default for RmsNorm {
    fn default() -> RmsNorm {
        RmsNorm::new()
    }
}

impl Forward for RmsNorm {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let op = "rms_norm";
        let Some(&channels) = x.shape().last() else {
            let expected = "at least one axis";
            return Err(Error::BadShape { op, expected, found: *x.shape() });
        };
        let gamma =
            self.gamma.data_with_shape(channels).map_err(|error| error.of_input(x.shape()))?;
        let rows = Rows { groups: 1, channels, inner: 1, centered: false };
        norm(op, rows, self.epsilon, x, [Some(&gamma), None])
    }
}
