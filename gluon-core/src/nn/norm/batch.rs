//! Batch normalization.

use gluon_macros::Block;

use super::affine;
use crate::autograd::is_training;
use crate::block::Forward;
use crate::dtype::DType;
use crate::error::Result;
use crate::init::{One, Zero};
use crate::nn::print::{number, size, truth};
use crate::ops::norm::{Statistics, batch_norm};
use crate::ops::resolve_axis;
use crate::parameter::Parameter;
use crate::tensor::Tensor;

/// Each channel with mean 0 and variance 1 over the batch, times `gamma`, plus `beta`.
///
/// While training, mean and variance are the batch's, and move the running ones:
/// `running = momentum · running + (1 − momentum) · batch`. Otherwise the running ones are used, and
/// the layer is affine. `forward` changes them, so it must not run twice on one batch.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Block, Forward, Tensor, autograd, nn::BatchNorm};
///
/// let mut layer = BatchNorm::new();
/// layer.initialize()?;
/// let x = Tensor::from([[1.0f32], [3.0]]);
/// autograd::train_mode(|| layer.forward(&x))?;
/// assert!((layer.running_mean.data()?.item()? - 0.2).abs() < 1e-6);
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Shapes
/// `x: [batch, channels, ..]`, unchanged; all four parameters: `[channels]`.
///
/// # Initial values
/// `gamma` and `running_var` 1, `beta` and `running_mean` 0. The variances are biased (divided by
/// the number of elements), as in MXNet; PyTorch's running ones are not.
///
/// # Errors
/// `forward` returns [`Error::BadAxis`](crate::Error::BadAxis) if there is no axis of channels,
/// [`Error::InputShape`](crate::Error::InputShape) if there are more or fewer than before, and
/// [`Error::BadShape`](crate::Error::BadShape) of an empty batch while training.
///
/// # Source
/// Ioffe & Szegedy, *Batch Normalization*, ICML 2015, algorithms 1 and 2.
#[derive(Block, Debug)]
#[block(describe = BatchNorm::line)]
pub struct BatchNorm {
    /// The factor: `[channels]`
    pub gamma: Parameter,
    /// The shift: `[channels]`
    pub beta: Parameter,
    /// `[channels]`; no gradient changes it.
    pub running_mean: Parameter,
    /// `[channels]`; no gradient changes it.
    pub running_var: Parameter,
    axis: isize,
    momentum: f64,
    epsilon: f64,
    scale: bool,
    center: bool,
    use_global_stats: bool,
}

affine!(BatchNorm);

impl BatchNorm {
    /// A layer with momentum 0.9 and epsilon 1e-5, whose number of channels the first `forward`
    /// tells.
    pub fn new() -> BatchNorm {
        BatchNorm {
            gamma: Parameter::new(0).with_init(One),
            beta: Parameter::new(0).with_init(Zero),
            running_mean: Parameter::new(0).with_init(Zero).with_differentiable(false),
            running_var: Parameter::new(0).with_init(One).with_differentiable(false),
            axis: 1,
            momentum: 0.9,
            epsilon: 1e-5,
            scale: true,
            center: true,
            use_global_stats: false,
        }
    }

    fn map(mut self, f: impl Fn(Parameter) -> Parameter) -> BatchNorm {
        self.gamma = f(self.gamma);
        self.beta = f(self.beta);
        self.running_mean = f(self.running_mean);
        self.running_var = f(self.running_var);
        self
    }

    /// The same layer for a known number of channels.
    pub fn in_channels(self, channels: usize) -> BatchNorm {
        self.map(|parameter| parameter.shaped(channels))
    }

    /// The same layer with parameters of type `dtype`.
    pub fn dtype(self, dtype: DType) -> BatchNorm {
        self.map(|parameter| parameter.with_dtype(dtype))
    }

    /// The same layer with its channels along another axis than 1; negative ones count from the
    /// end.
    pub fn axis(mut self, axis: isize) -> BatchNorm {
        self.axis = axis;
        self
    }

    /// The same layer whose running mean and variance keep this share of themselves at each step.
    pub fn momentum(mut self, momentum: f64) -> BatchNorm {
        self.momentum = momentum;
        self
    }

    /// The same layer that uses the running mean and variance while training too, and leaves them.
    pub fn use_global_stats(mut self) -> BatchNorm {
        self.use_global_stats = true;
        self
    }

    fn line(&self) -> String {
        let BatchNorm { axis, momentum, epsilon, .. } = self;
        let channels = size(self.gamma.shape()[0]);
        let (fix_gamma, global) = (truth(!self.scale), truth(self.use_global_stats));
        let epsilon = number(*epsilon);
        format!(
            "BatchNorm(axis={axis}, eps={epsilon}, momentum={momentum}, fix_gamma={fix_gamma}, \
             use_global_stats={global}, in_channels={channels})"
        )
    }

    /// Moves a running statistic towards that of a batch.
    fn follow(&self, running: &Parameter, batch: &Tensor) -> Result<()> {
        let kept = running.data()?.detach().mul(self.momentum)?;
        running.set_data(&kept.add(&batch.mul(1.0 - self.momentum)?)?)
    }
}

impl Default for BatchNorm {
    fn default() -> BatchNorm {
        BatchNorm::new()
    }
}

impl Forward for BatchNorm {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let axis = resolve_axis("batch_norm", self.axis, x.shape())?;
        let channels = x.shape()[axis];
        let affine = self.affine(channels).map_err(|error| error.of_input(x.shape()))?;
        let affine = affine.each_ref().map(Option::as_ref);
        let running = [&self.running_mean, &self.running_var];
        let [mean, variance] = running.map(|running| running.data_with_shape(channels));
        let (mean, variance) = (mean?, variance?);
        if self.use_global_stats || !is_training() {
            let given = Statistics::Given([&mean, &variance]);
            return Ok(batch_norm(x, axis, given, self.epsilon, affine)?.0);
        }
        let (y, batch) = batch_norm(x, axis, Statistics::OfBatch, self.epsilon, affine)?;
        for (running, batch) in running.into_iter().zip(&batch) {
            self.follow(running, batch)?;
        }
        Ok(y)
    }
}
