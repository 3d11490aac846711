//! Activations: functions without parameters as layers.

use gluon_macros::Block;

use crate::block::Forward;
use crate::error::Result;
use crate::ops::dense;
use crate::tensor::Tensor;

/// A function applied to each element, as a layer or as part of one.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Forward, Tensor, nn::Activation};
///
/// let y = Activation::Relu.forward(&Tensor::from([-1.0f32, 2.0]))?;
/// assert_eq!(y, Tensor::from([0.0f32, 2.0]));
/// # Ok::<(), gluon::Error>(())
/// ```
#[derive(Block, Clone, Copy, Debug, PartialEq, Eq)]
#[block(describe = Activation::line)]
#[non_exhaustive]
pub enum Activation {
    /// The larger of `x` and 0.
    Relu,
    /// `1 / (1 + e⁻ˣ)`.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// `ln(1 + eˣ)`; Gluon's `softrelu`.
    Softplus,
    /// `x / (1 + |x|)`.
    Softsign,
    /// `x · Φ(x)`, with the distribution function of the normal distribution.
    Gelu,
    /// `x · sigmoid(x)`, also called swish.
    Silu,
}

impl Activation {
    /// Gluon's name of the function.
    pub fn name(self) -> &'static str {
        match self {
            Activation::Relu => "relu",
            Activation::Sigmoid => "sigmoid",
            Activation::Tanh => "tanh",
            Activation::Softplus => "softrelu",
            Activation::Softsign => "softsign",
            Activation::Gelu => "gelu",
            Activation::Silu => "silu",
        }
    }

    /// What an operation can do in the same call: a function whose derivative follows from its
    /// value.
    #[inline]
    pub(super) fn kernel(self) -> Option<dense::Activation> {
        match self {
            Activation::Relu => Some(dense::Activation::Relu),
            Activation::Sigmoid => Some(dense::Activation::Sigmoid),
            Activation::Tanh => Some(dense::Activation::Tanh),
            Activation::Softplus => Some(dense::Activation::Softplus),
            Activation::Softsign => Some(dense::Activation::Softsign),
            Activation::Gelu | Activation::Silu => None,
        }
    }

    /// `compute(kernel)` for an operation that can apply some activations itself, followed by the
    /// activation if it is none of those.
    #[inline]
    pub(super) fn after(
        activation: Option<Activation>,
        compute: impl FnOnce(Option<dense::Activation>) -> Result<Tensor>,
    ) -> Result<Tensor> {
        match activation.map(|activation| (activation, activation.kernel())) {
            Some((activation, None)) => activation.forward(&compute(None)?),
            Some((_, kernel)) => compute(kernel),
            None => compute(None),
        }
    }

    pub(super) fn line(&self) -> String {
        format!("Activation({})", self.name())
    }
}

impl Forward for Activation {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Activation::Relu => x.relu(),
            Activation::Sigmoid => x.sigmoid(),
            Activation::Tanh => x.tanh(),
            Activation::Softplus => x.softplus(),
            Activation::Softsign => x.softsign(),
            Activation::Gelu => x.gelu(),
            Activation::Silu => x.silu(),
        }
    }
}
