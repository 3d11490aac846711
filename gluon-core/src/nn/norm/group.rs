//! Group normalization.

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

/// Channels in groups, each group of an image with mean 0 and variance 1, times `gamma`, plus
/// `beta`.
///
/// Each channel has its factor and shift, as in the paper, MXNet 2 and PyTorch;
/// [`per_group`](GroupNorm::per_group) gives them to groups, as MXNet 1.9 does.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Block, Forward, Tensor, nn::GroupNorm};
///
/// let mut layer = GroupNorm::new(2);
/// layer.initialize()?;
/// let y = layer.forward(&Tensor::ones([1, 6, 4, 4]))?;
/// assert_eq!((y.shape(), layer.gamma.shape().size()), (&[1, 6, 4, 4].into(), 6));
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Shapes
/// `x: [batch, channels, ..]`, unchanged; `gamma, beta: [channels]`, at first 1 and 0.
///
/// # Errors
/// `forward` returns [`Error::BadShape`] if `x` has fewer than two axes, [`Error::BadArgument`] if
/// the groups do not divide the channels, [`Error::InputShape`] if there is another number of
/// them than before.
///
/// # Source
/// Wu & He, *Group Normalization*, ECCV 2018.
#[derive(Block, Debug)]
#[block(describe = GroupNorm::line)]
pub struct GroupNorm {
    /// The factor: `[channels]`
    pub gamma: Parameter,
    /// The shift: `[channels]`
    pub beta: Parameter,
    groups: usize,
    per_group: bool,
    epsilon: f64,
    scale: bool,
    center: bool,
}

affine!(GroupNorm);

impl GroupNorm {
    /// A layer of so many groups, whose number of channels the first `forward` tells.
    pub fn new(groups: usize) -> GroupNorm {
        GroupNorm {
            gamma: Parameter::new(0).with_init(One),
            beta: Parameter::new(0).with_init(Zero),
            groups,
            per_group: false,
            epsilon: 1e-5,
            scale: true,
            center: true,
        }
    }

    /// The same layer with one factor and shift for each group: `gamma, beta: [groups]`.
    pub fn per_group(mut self) -> GroupNorm {
        self.per_group = true;
        let groups = self.groups;
        self.in_channels(groups)
    }

    /// The same layer for a known number of channels.
    pub fn in_channels(mut self, channels: usize) -> GroupNorm {
        let size = if self.per_group { self.groups } else { channels };
        self.gamma = self.gamma.shaped(size);
        self.beta = self.beta.shaped(size);
        self
    }

    /// The same layer with parameters of type `dtype`.
    pub fn dtype(mut self, dtype: DType) -> GroupNorm {
        self.gamma = self.gamma.with_dtype(dtype);
        self.beta = self.beta.with_dtype(dtype);
        self
    }

    fn line(&self) -> String {
        let (epsilon, groups) = (number(self.epsilon), self.groups);
        let (center, scale) = (truth(self.center), truth(self.scale));
        format!("GroupNorm(eps={epsilon}, num_groups={groups}, center={center}, scale={scale})")
    }
}

impl Forward for GroupNorm {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (op, groups) = ("group_norm", self.groups);
        let [_, channels, rest @ ..] = x.shape().dims() else {
            let expected = "[batch, channels, ..]";
            return Err(Error::BadShape { op, expected, found: *x.shape() });
        };
        if groups == 0 || !channels.is_multiple_of(groups) {
            let expected = "a divisor of the number of channels";
            let found = format!("{groups} for {channels}");
            return Err(Error::BadArgument { op, argument: "groups", expected, found });
        }
        let (each, places) = (channels / groups, rest.iter().product::<usize>());
        let (channels, inner) = if self.per_group { (1, each * places) } else { (each, places) };
        let affine = self.affine(groups * channels).map_err(|error| error.of_input(x.shape()))?;
        let affine = affine.each_ref().map(Option::as_ref);
        let rows = Rows { groups, channels, inner, centered: true };
        norm(op, rows, self.epsilon, x, affine)
    }
}
