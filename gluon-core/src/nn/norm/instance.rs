//! Instance normalization.

use gluon_macros::Block;

use super::affine;
use crate::block::Forward;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::init::{One, Zero};
use crate::nn::print::{number, truth};
use crate::ops::norm::{Rows, norm};
use crate::parameter::Parameter;
use crate::tensor::Tensor;

/// Each channel of each image with mean 0 and variance 1, plus `beta`.
///
/// As in Gluon there is no factor unless it is asked for: [`scale`](InstanceNorm::scale).
///
/// # Shapes
/// `x: [batch, channels, ..]`, unchanged; `gamma, beta: [channels]`, at first 1 and 0.
///
/// # Errors
/// `forward` returns [`Error::BadShape`] if `x` has fewer than three axes and
/// [`Error::InputShape`] if it has another number of channels than before.
///
/// # Source
/// Ulyanov, Vedaldi & Lempitsky, *Instance Normalization*, 2016.
#[derive(Block, Debug)]
#[block(describe = InstanceNorm::line)]
pub struct InstanceNorm {
    /// The factor: `[channels]`
    pub gamma: Parameter,
    /// The shift: `[channels]`
    pub beta: Parameter,
    epsilon: f64,
    scale: bool,
    center: bool,
}

affine!(InstanceNorm);

impl InstanceNorm {
    /// A layer with a shift and no factor, whose number of channels the first `forward` tells.
    pub fn new() -> InstanceNorm {
        let layer = InstanceNorm {
            gamma: Parameter::new(0).with_init(One),
            beta: Parameter::new(0).with_init(Zero),
            epsilon: 1e-5,
            scale: true,
            center: true,
        };
        layer.no_scale()
    }

    /// The same layer with a factor for each channel.
    pub fn scale(mut self) -> InstanceNorm {
        self.scale = true;
        self.gamma = self.gamma.with_differentiable(true);
        self
    }

    /// The same layer for a known number of channels.
    pub fn in_channels(mut self, channels: usize) -> InstanceNorm {
        self.gamma = self.gamma.shaped(channels);
        self.beta = self.beta.shaped(channels);
        self
    }

    /// The same layer with parameters of type `dtype`.
    pub fn dtype(mut self, dtype: DType) -> InstanceNorm {
        self.gamma = self.gamma.with_dtype(dtype);
        self.beta = self.beta.with_dtype(dtype);
        self
    }

    fn line(&self) -> String {
        let (epsilon, channels) = (number(self.epsilon), self.gamma.shape()[0]);
        let (center, scale) = (truth(self.center), truth(self.scale));
        format!(
            "InstanceNorm(eps={epsilon}, axis=1, center={center}, scale={scale}, in_channels={channels})"
        )
    }
}

impl Default for InstanceNorm {
    fn default() -> InstanceNorm {
        InstanceNorm::new()
    }
}

impl Forward for InstanceNorm {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let op = "instance_norm";
        let [_, groups, rest @ ..] = x.shape().dims() else {
            let expected = "[batch, channels, ..]";
            return Err(Error::BadShape { op, expected, found: *x.shape() });
        };
        if rest.is_empty() {
            let expected = "[batch, channels, ..] with axes of an image";
            return Err(Error::BadShape { op, expected, found: *x.shape() });
        }
        let affine = self.affine(*groups).map_err(|error| error.of_input(x.shape()))?;
        let affine = affine.each_ref().map(Option::as_ref);
        let (groups, inner, epsilon) = (*groups, rest.iter().product(), self.epsilon);
        norm(op, Rows { groups, channels: 1, inner, centered: true }, epsilon, x, affine)
    }
}
