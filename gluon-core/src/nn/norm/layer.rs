//! Layer normalization.

use gluon_macros::Block;

use super::affine;
use crate::block::Forward;
use crate::dtype::DType;
use crate::error::Result;
use crate::init::{One, Zero};
use crate::nn::print::{number, truth};
use crate::ops::norm::{Rows, norm};
use crate::ops::resolve_axis;
use crate::parameter::Parameter;
use crate::tensor::Tensor;

/// Each vector along an axis with mean 0 and variance 1, times `gamma`, plus `beta`.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Block, Forward, Tensor, nn::LayerNorm};
///
/// let mut layer = LayerNorm::new();
/// layer.initialize()?;
/// let y = layer.forward(&Tensor::from([[1.0f32, 2.0, 3.0]]))?;
/// assert!(y.sum()?.item()?.abs() < 1e-6);
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Shapes
/// `x: [.., channels]`, unchanged; `gamma, beta: [channels]`, at first 1 and 0.
///
/// # Errors
/// `forward` returns [`Error::BadAxis`](crate::Error::BadAxis) if the axis is not there and
/// [`Error::InputShape`](crate::Error::InputShape) if it has another size than before.
///
/// # Source
/// Ba, Kiros & Hinton, *Layer Normalization*, 2016.
#[derive(Block, Debug)]
#[block(describe = LayerNorm::line)]
pub struct LayerNorm {
    /// The factor: `[channels]`
    pub gamma: Parameter,
    /// The shift: `[channels]`
    pub beta: Parameter,
    axis: isize,
    epsilon: f64,
    scale: bool,
    center: bool,
}

affine!(LayerNorm);

impl LayerNorm {
    /// A layer that normalizes the last axis, whose size the first `forward` tells.
    pub fn new() -> LayerNorm {
        LayerNorm {
            gamma: Parameter::new(0).with_init(One),
            beta: Parameter::new(0).with_init(Zero),
            axis: -1,
            epsilon: 1e-5,
            scale: true,
            center: true,
        }
    }

    /// The same layer for a known number of channels.
    pub fn in_channels(mut self, channels: usize) -> LayerNorm {
        self.gamma = self.gamma.shaped(channels);
        self.beta = self.beta.shaped(channels);
        self
    }

    /// The same layer with parameters of type `dtype`.
    pub fn dtype(mut self, dtype: DType) -> LayerNorm {
        self.gamma = self.gamma.with_dtype(dtype);
        self.beta = self.beta.with_dtype(dtype);
        self
    }

    /// The same layer for another axis than the last; negative ones count from the end.
    pub fn axis(mut self, axis: isize) -> LayerNorm {
        self.axis = axis;
        self
    }

    fn line(&self) -> String {
        let (epsilon, axis) = (number(self.epsilon), self.axis);
        let (center, scale) = (truth(self.center), truth(self.scale));
        let channels = self.gamma.shape()[0];
        format!(
            "LayerNorm(eps={epsilon}, axis={axis}, center={center}, scale={scale}, in_channels={channels})"
        )
    }
}

impl Default for LayerNorm {
    fn default() -> LayerNorm {
        LayerNorm::new()
    }
}

impl Forward for LayerNorm {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let op = "layer_norm";
        let axis = resolve_axis(op, self.axis, x.shape())?;
        let last = x.rank() - 1;
        let channels = x.shape()[axis];
        let affine = self.affine(channels).map_err(|error| error.of_input(x.shape()))?;
        let affine = affine.each_ref().map(Option::as_ref);
        let rows = Rows { groups: 1, channels, inner: 1, centered: true };
        if axis == last {
            return norm(op, rows, self.epsilon, x, affine);
        }
        let mut axes: Vec<usize> = (0..=last).collect();
        axes.swap(axis, last);
        norm(op, rows, self.epsilon, &x.permute(&axes)?, affine)?.permute(&axes)
    }
}
