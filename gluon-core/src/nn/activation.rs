//! Activations: functions without parameters as layers.

use std::fmt;
use std::str::FromStr;

use gluon_macros::Block;

use crate::block::Forward;
use crate::error::{Error, Result};
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
/// assert_eq!("relu".parse::<Activation>()?, Activation::Relu);
/// # Ok::<(), gluon::Error>(())
/// ```
#[derive(Block, Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// Every function.
    pub const ALL: [Activation; 7] = [
        Activation::Relu,
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Softplus,
        Activation::Softsign,
        Activation::Gelu,
        Activation::Silu,
    ];

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

/// Prints the [`name`](Activation::name).
impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Reads a [`name`](Activation::name).
impl FromStr for Activation {
    type Err = Error;

    fn from_str(text: &str) -> Result<Activation> {
        let named = |activation: &Activation| activation.name() == text;
        Activation::ALL.into_iter().find(named).ok_or_else(|| Error::BadArgument {
            op: "Activation::from_str",
            argument: "text",
            expected: "`relu`, `sigmoid`, `tanh`, `softrelu`, `softsign`, `gelu` or `silu`",
            found: format!("`{text}`"),
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_read_by_the_name_that_it_prints() {
        let error = "Relu6".parse::<Activation>().unwrap_err().to_string();
        for activation in Activation::ALL {
            assert_eq!(activation.to_string().parse::<Activation>().unwrap(), activation);
            assert!(error.contains(&format!("`{activation}`")), "{error}");
        }
        assert!(error.ends_with("found `Relu6`"), "{error}");
    }
}
