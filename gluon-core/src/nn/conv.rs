//! Convolutions, plain and transposed, of one to three axes.

use gluon_macros::Block;

use super::Activation;
use super::print::{size, tuple};
use super::sizes::Sizes;
use crate::block::Forward;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::init::{Initializer, Zero};
use crate::ops::conv;
use crate::ops::sliding::Sliding;
use crate::parameter::Parameter;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// Convolution of sequences: `[batch, channels, width]`; see [`Convolution`].
pub type Conv1d = Convolution<1, false>;
/// Convolution of images: `[batch, channels, height, width]`; see [`Convolution`].
pub type Conv2d = Convolution<2, false>;
/// Convolution of volumes: `[batch, channels, depth, height, width]`; see [`Convolution`].
pub type Conv3d = Convolution<3, false>;
/// Transposed convolution of sequences; see [`Convolution`].
pub type ConvTranspose1d = Convolution<1, true>;
/// Transposed convolution of images; see [`Convolution`].
pub type ConvTranspose2d = Convolution<2, true>;
/// Transposed convolution of volumes; see [`Convolution`].
pub type ConvTranspose3d = Convolution<3, true>;

/// Convolution over the last `N` axes, then perhaps an activation: each output is what a kernel
/// sees around its place, weighted and summed over the input channels, plus a bias. (The kernel is
/// not flipped: a cross-correlation, as everywhere in this field.)
///
/// `TRANSPOSED`, it goes the other way: each input is spread over the outputs that a kernel there
/// would see, as in the gradient of a convolution.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Block, Forward, Tensor, nn::Conv2d};
///
/// let mut layer = Conv2d::new(6, 5).padding(2).relu();
/// layer.initialize()?;
/// let y = layer.forward(&Tensor::ones([2, 3, 28, 28]))?;      // in_channels is 3 from here on
/// assert_eq!(y.shape(), [2, 6, 28, 28]);
/// assert_eq!(layer.weight.shape(), [6, 3, 5, 5]);
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Shapes
/// `x: [batch, in_channels, input..]` → `y: [batch, channels, output..]`, where
/// `output = ⌊(input + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1`;
/// `weight: [channels, in_channels / groups, kernel..]`, `bias: [channels]`.
///
/// Transposed, `output = (input − 1)·stride − 2·padding + dilation·(kernel − 1) + 1 +
/// output_padding` and `weight: [in_channels, channels / groups, kernel..]`.
///
/// # Initial values
/// The bias is 0, the weight what the model's `initialize` says.
///
/// # Errors
/// `forward` returns [`Error::BadShape`] if `x` has another number of axes or its images have no
/// elements, [`Error::InputShape`] if it has another number of channels than before, and
/// [`Error::BadArgument`] if a size is 0, the kernel is larger than the padded input, or the groups
/// do not divide the channels.
///
/// # Source
/// Dumoulin & Visin, *A guide to convolution arithmetic for deep learning*, 2016.
#[derive(Block, Debug)]
#[block(hint = "conv", describe = Convolution::line)]
pub struct Convolution<const N: usize, const TRANSPOSED: bool> {
    /// `[channels, in_channels / groups, kernel..]`; transposed, `[in_channels, channels / groups,
    /// kernel..]`
    pub weight: Parameter,
    /// `[channels]`
    pub bias: Option<Parameter>,
    channels: usize,
    in_channels: usize,
    kernel: [usize; N],
    stride: [usize; N],
    padding: [usize; N],
    dilation: [usize; N],
    output_padding: [usize; N],
    groups: usize,
    /// Part of the same computation, as in a dense layer.
    #[block(skip)]
    activation: Option<Activation>,
}

impl<const N: usize, const TRANSPOSED: bool> Convolution<N, TRANSPOSED> {
    const OP: &str = match (N, TRANSPOSED) {
        (1, false) => "conv1d",
        (2, false) => "conv2d",
        (3, false) => "conv3d",
        (1, true) => "conv_transpose1d",
        (2, true) => "conv_transpose2d",
        (3, true) => "conv_transpose3d",
        _ => panic!("convolutions have one to three axes"),
    };

    /// A layer of `channels` outputs whose kernel has the given size, one for all axes or one for
    /// each: stride 1, no padding, with a bias. The first `forward` tells its input channels.
    pub fn new(channels: usize, kernel: impl Sizes<N>) -> Self {
        let layer = Convolution {
            weight: Parameter::new(()),
            bias: Some(Parameter::new(channels).with_init(Zero)),
            channels,
            in_channels: 0,
            kernel: kernel.sizes(),
            stride: [1; N],
            padding: [0; N],
            dilation: [1; N],
            output_padding: [0; N],
            groups: 1,
            activation: None,
        };
        layer.shaped()
    }

    /// The same layer with the weight's shape as the settings have it.
    fn shaped(mut self) -> Self {
        let shape = self.weight_shape(self.in_channels);
        self.weight = self.weight.shaped(shape);
        self
    }

    fn weight_shape(&self, in_channels: usize) -> Shape {
        let groups = self.groups.max(1);
        let mut dims = [0; 5];
        dims[..2].copy_from_slice(&match TRANSPOSED {
            false => [self.channels, in_channels / groups],
            true => [in_channels, self.channels / groups],
        });
        dims[2..2 + N].copy_from_slice(&self.kernel);
        Shape::new(&dims[..2 + N])
    }

    /// The same layer for a known number of input channels, so that `initialize` can draw its
    /// weight at once.
    pub fn in_channels(mut self, in_channels: usize) -> Self {
        self.in_channels = in_channels;
        self.shaped()
    }

    /// The same layer whose kernel moves `stride` elements at a time.
    pub fn stride(mut self, stride: impl Sizes<N>) -> Self {
        self.stride = stride.sizes();
        self
    }

    /// The same layer for inputs with so many zeros on either side of each axis.
    pub fn padding(mut self, padding: impl Sizes<N>) -> Self {
        self.padding = padding.sizes();
        self
    }

    /// The same layer whose kernel sees elements `dilation` apart.
    pub fn dilation(mut self, dilation: impl Sizes<N>) -> Self {
        self.dilation = dilation.sizes();
        self
    }

    /// The same layer with its channels in so many groups, each seeing its part of the input only.
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self.shaped()
    }

    /// The same layer followed by `activation`.
    pub fn activation(mut self, activation: Activation) -> Self {
        self.activation = Some(activation);
        self
    }

    /// The same layer followed by the larger of its output and 0.
    pub fn relu(self) -> Self {
        self.activation(Activation::Relu)
    }

    /// The same layer followed by the logistic function.
    pub fn sigmoid(self) -> Self {
        self.activation(Activation::Sigmoid)
    }

    /// The same layer followed by the hyperbolic tangent.
    pub fn tanh(self) -> Self {
        self.activation(Activation::Tanh)
    }

    /// The same layer without a bias.
    pub fn no_bias(mut self) -> Self {
        self.bias = None;
        self
    }

    /// The same layer with an initializer for its weight.
    pub fn weight_init(mut self, init: impl Initializer + 'static) -> Self {
        self.weight = self.weight.with_init(init);
        self
    }

    /// The same layer with an initializer for its bias, if it has one.
    pub fn bias_init(mut self, init: impl Initializer + 'static) -> Self {
        self.bias = self.bias.map(|bias| bias.with_init(init));
        self
    }

    /// The same layer with parameters of type `dtype`.
    pub fn dtype(mut self, dtype: DType) -> Self {
        self.weight = self.weight.with_dtype(dtype);
        self.bias = self.bias.map(|bias| bias.with_dtype(dtype));
        self
    }

    /// The number of output channels.
    pub fn channels(&self) -> usize {
        self.channels
    }

    fn line(&self) -> String {
        let shape = self.weight.shape();
        let (name, ins, outs) = match TRANSPOSED {
            false => ("", shape[1] * self.groups, self.channels),
            true => ("Transpose", shape[0], self.channels),
        };
        let (kernel, stride) = (tuple(&self.kernel), tuple(&self.stride));
        let ins = size(ins);
        let mut line =
            format!("Conv{N}D{name}({ins} -> {outs}, kernel_size={kernel}, stride={stride}");
        for (what, sizes, default) in [
            ("padding", self.padding, 0),
            ("dilation", self.dilation, 1),
            ("output_padding", self.output_padding, 0),
        ] {
            if sizes != [default; N] {
                line += &format!(", {what}={}", tuple(&sizes));
            }
        }
        if self.groups != 1 {
            line += &format!(", groups={}", self.groups);
        }
        if self.bias.is_none() {
            line += ", bias=False";
        }
        if let Some(activation) = self.activation {
            line += &format!(", {}", activation.line());
        }
        line + ")"
    }
}

impl<const N: usize> Convolution<N, true> {
    /// The same layer whose output has so many elements more at the end of each axis; less than
    /// the stride. With a stride, inputs of several sizes make one output size; this chooses.
    pub fn output_padding(mut self, output_padding: impl Sizes<N>) -> Self {
        self.output_padding = output_padding.sizes();
        self
    }
}

impl<const N: usize, const TRANSPOSED: bool> Forward for Convolution<N, TRANSPOSED> {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let Convolution { kernel, stride, padding, dilation, groups, .. } = *self;
        let sliding = Sliding { op: Self::OP, kernel, stride, padding, dilation };
        // Before the input tells the weight its channels, so that one that does not fit tells nothing.
        match TRANSPOSED {
            false => sliding.window(x.shape(), false)?,
            true => sliding.window_onto(x.shape(), self.output_padding)?,
        };
        let in_channels = x.shape()[1];
        let whole = |channels: usize| groups > 0 && channels.is_multiple_of(groups);
        if !(whole(in_channels) && whole(self.channels)) {
            return Err(Error::BadArgument {
                op: Self::OP,
                argument: "groups",
                expected: "a divisor of both numbers of channels",
                found: format!("{groups} for {in_channels} -> {}", self.channels),
            });
        }
        let weight = self.weight.data_with_shape(self.weight_shape(in_channels));
        let weight = weight.map_err(|error| error.of_input(x.shape()))?;
        let bias = self.bias.as_ref().map(Parameter::data).transpose()?;
        let (inputs, bias) = ([x, &weight], bias.as_ref());
        Activation::after(self.activation, |kernel| match TRANSPOSED {
            false => conv::conv(&sliding, groups, inputs, bias, kernel),
            true => {
                let output_padding = self.output_padding;
                conv::conv_transposed(&sliding, output_padding, groups, inputs, bias, kernel)
            }
        })
    }
}
