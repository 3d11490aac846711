//! Dense: the fully connected layer.

use gluon_macros::Block;

use super::Activation;
use super::print::size;
use crate::block::Forward;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::init::{Initializer, Zero};
use crate::ops::dense::dense;
use crate::parameter::Parameter;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// Affine map of the last axis, then perhaps an activation: `y = act(x · Wᵀ + b)`.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Block, Forward, Tensor, nn::Dense};
///
/// let mut layer = Dense::new(4).relu();
/// layer.initialize()?;
/// let y = layer.forward(&Tensor::ones([2, 3]))?;      // in_units is 3 from here on
/// assert_eq!(y.shape(), [2, 4]);
/// assert_eq!(layer.weight.shape(), [4, 3]);
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Shapes
/// `x: [batch, ..]`, whose axes after the first are merged into `in_units`, → `y: [batch, units]`;
/// after [`keep_axes`](Dense::keep_axes) `x: [.., in_units]` → `y: [.., units]`.
/// `weight: [units, in_units]`, `bias: [units]`.
///
/// # Initial values
/// The bias is 0, the weight what the model's `initialize` says.
#[derive(Block, Debug)]
#[block(describe = Dense::line)]
pub struct Dense {
    /// `[units, in_units]`
    pub weight: Parameter,
    /// `[units]`
    pub bias: Option<Parameter>,
    /// Part of the same computation, so it is not a block that could be watched on its own.
    #[block(skip)]
    activation: Option<Activation>,
    flatten: bool,
}

impl Dense {
    /// A layer of `units` outputs with a bias and no activation, whose input size the first
    /// `forward` tells.
    pub fn new(units: usize) -> Dense {
        Dense {
            weight: Parameter::new([units, 0]),
            bias: Some(Parameter::new(units).with_init(Zero)),
            activation: None,
            flatten: true,
        }
    }

    /// The same layer for a known input size, so that `initialize` can draw its weight at once.
    pub fn in_units(mut self, in_units: usize) -> Dense {
        let shape = [self.units(), in_units];
        self.weight = self.weight.shaped(shape);
        self
    }

    /// The same layer followed by `activation`.
    pub fn activation(mut self, activation: Activation) -> Dense {
        self.activation = Some(activation);
        self
    }

    /// The same layer followed by the larger of its output and 0.
    pub fn relu(self) -> Dense {
        self.activation(Activation::Relu)
    }

    /// The same layer followed by the logistic function.
    pub fn sigmoid(self) -> Dense {
        self.activation(Activation::Sigmoid)
    }

    /// The same layer followed by the hyperbolic tangent.
    pub fn tanh(self) -> Dense {
        self.activation(Activation::Tanh)
    }

    /// The same layer without a bias.
    pub fn no_bias(mut self) -> Dense {
        self.bias = None;
        self
    }

    /// The same layer applied to the last axis of its input, whose other axes stay.
    pub fn keep_axes(mut self) -> Dense {
        self.flatten = false;
        self
    }

    /// The same layer with an initializer for its weight.
    pub fn weight_init(mut self, init: impl Initializer + 'static) -> Dense {
        self.weight = self.weight.with_init(init);
        self
    }

    /// The same layer with an initializer for its bias, if it has one.
    pub fn bias_init(mut self, init: impl Initializer + 'static) -> Dense {
        self.bias = self.bias.map(|bias| bias.with_init(init));
        self
    }

    /// The same layer with parameters of type `dtype`.
    pub fn dtype(mut self, dtype: DType) -> Dense {
        self.weight = self.weight.with_dtype(dtype);
        self.bias = self.bias.map(|bias| bias.with_dtype(dtype));
        self
    }

    /// The number of outputs.
    pub fn units(&self) -> usize {
        self.weight.shape()[0]
    }

    fn line(&self) -> String {
        let inputs = size(self.weight.shape()[1]);
        let activation = match self.activation {
            Some(activation) => activation.line(),
            None => "linear".to_owned(),
        };
        format!("Dense({inputs} -> {}, {activation})", self.units())
    }
}

impl Forward for Dense {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let &[_, in_units] = x.shape().dims() else { return self.reshaped(x) };
        let weight = self.weight.read_with_size(1, in_units);
        let weight = weight.map_err(|error| error.of_input(x.shape()))?;
        let bias = self.bias.as_ref().map(Parameter::read).transpose()?;
        Activation::after(self.activation, |kernel| dense(x, &weight, bias.as_deref(), kernel))
    }
}

impl Dense {
    /// `forward` of an input that is no matrix.
    fn reshaped(&self, x: &Tensor) -> Result<Tensor> {
        let (rows, in_units) = match x.shape().dims() {
            [] => {
                let expected = "at least one axis";
                return Err(Error::BadShape { op: "dense", expected, found: *x.shape() });
            }
            [batch, rest @ ..] if self.flatten => (Shape::from(*batch), rest.iter().product()),
            [rows @ .., last] => (Shape::new(rows), *last),
        };
        let y = self.forward(&x.reshape([rows.size(), in_units])?);
        let y = y.map_err(|error| error.of_input(x.shape()))?;
        match rows.with(rows.rank(), y.shape()[1]) {
            Some(shape) if rows.rank() != 1 => y.reshape(shape),
            _ => Ok(y),
        }
    }
}
