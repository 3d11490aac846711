//! Attention: each query takes from all values, according to how well it matches their keys.

mod mask;

use gluon_macros::Block;

pub use mask::Mask;

use super::{Dense, Dropout};
use crate::block::Forward;
use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// `softmax(q · kᵀ / √d + mask) · v`, `mask` added where there is one.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Tensor, nn::scaled_dot_product_attention};
///
/// let (q, k) = (Tensor::zeros([1, 2]), Tensor::ones([2, 2]));
/// let v = Tensor::from([[1.0f32], [5.0]]);
/// assert_eq!(scaled_dot_product_attention(&q, &k, &v, None)?.item()?, 3.0);
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Shapes
/// `query: [.., steps, d]`, `key: [.., keys, d]`, `value: [.., keys, e]`, `mask` broadcast to
/// `[.., steps, keys]` → `[.., steps, e]`
///
/// # Errors
/// [`Error::ShapeMismatch`] if these do not fit.
///
/// # Source
/// Vaswani et al., *Attention Is All You Need*, NeurIPS 2017, eq. 1.
pub fn scaled_dot_product_attention(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    mask: Option<&Tensor>,
) -> Result<Tensor> {
    weights(query, key, mask)?.matmul(value)
}

/// How much each query takes from each value: rows that add up to 1.
fn weights(query: &Tensor, key: &Tensor, mask: Option<&Tensor>) -> Result<Tensor> {
    let op = "attention";
    let (Some(&d), true) = (query.shape().last(), key.rank() >= 2) else {
        return Err(Error::ShapeMismatch { op, lhs: *query.shape(), rhs: *key.shape() });
    };
    // The queries are fewer numbers than the scores.
    let scores = query.mul(1.0 / (d as f64).sqrt())?.matmul(&key.transpose()?)?;
    match mask {
        Some(mask) => scores.add(mask)?.softmax(),
        None => scores.softmax(),
    }
}

/// Attention of several heads, each on a projection of its own.
///
/// As a layer it is self-attention: queries, keys and values come from the input. In
/// [`attend`](MultiHeadAttention::attend) keys and values come from elsewhere.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Block, Forward, Tensor, nn::{Mask, MultiHeadAttention}};
///
/// let mut layer = MultiHeadAttention::new(8, 2).causal();
/// layer.initialize()?;
/// let x = Tensor::ones([3, 5, 8]);                        // batch, steps, units
/// assert_eq!(layer.forward(&x)?.shape(), [3, 5, 8]);
/// let memory = Tensor::ones([3, 7, 8]);
/// assert_eq!(layer.attend(&x, &memory, &Mask::new())?.shape(), [3, 5, 8]);
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Shapes
/// `x: [batch, steps, inputs]` → `[batch, steps, units]`
///
/// # Errors
/// `forward` returns [`Error::BadShape`] if `x` has another number of axes, [`Error::BadArgument`] if
/// the heads do not divide the units, and [`Error::InputShape`] if there is another number of
/// inputs than before.
///
/// # Source
/// Vaswani et al., *Attention Is All You Need*, NeurIPS 2017, section 3.2.2.
#[derive(Block, Debug)]
pub struct MultiHeadAttention {
    /// Projects the queries.
    pub query: Dense,
    /// Projects the keys.
    pub key: Dense,
    /// Projects the values.
    pub value: Dense,
    /// Mixes the heads.
    pub output: Dense,
    dropout: Dropout,
    heads: usize,
    causal: bool,
}

impl MultiHeadAttention {
    /// A layer of `units` outputs and as many for all heads together.
    pub fn new(units: usize, heads: usize) -> MultiHeadAttention {
        let dense = || Dense::new(units).keep_axes();
        let (query, key, value) = (dense(), dense(), dense());
        let output = dense().in_units(units);
        let dropout = Dropout::new(0.0);
        MultiHeadAttention { query, key, value, output, dropout, heads, causal: false }
    }

    /// The same layer for a known number of inputs, so that `initialize` can draw its weights at once.
    pub fn in_units(mut self, in_units: usize) -> MultiHeadAttention {
        self.query = self.query.in_units(in_units);
        self.key = self.key.in_units(in_units);
        self.value = self.value.in_units(in_units);
        self
    }

    /// The same layer that, as a layer, lets each step see itself and those before it only.
    pub fn causal(mut self) -> MultiHeadAttention {
        self.causal = true;
        self
    }

    /// The same layer with [`Dropout`] of this rate on how much is taken from each value.
    pub fn dropout(mut self, rate: f64) -> MultiHeadAttention {
        self.dropout = Dropout::new(rate);
        self
    }

    /// The same layer whose projections have no bias.
    pub fn no_bias(mut self) -> MultiHeadAttention {
        self.query = self.query.no_bias();
        self.key = self.key.no_bias();
        self.value = self.value.no_bias();
        self.output = self.output.no_bias();
        self
    }

    /// What each step of `x` takes from `memory`, as far as `mask` lets it see.
    ///
    /// # Shapes
    /// `x: [batch, steps, inputs]`, `memory: [batch, keys, inputs of memory]` →
    /// `[batch, steps, units]`
    ///
    /// # Errors
    /// As for `forward`, and [`Error::ShapeMismatch`] if the batches differ or the mask does not
    /// fit.
    pub fn attend(&self, x: &Tensor, memory: &Tensor, mask: &Mask) -> Result<Tensor> {
        let (op, units, heads) = ("multi_head_attention", self.query.units(), self.heads);
        if heads == 0 || !units.is_multiple_of(heads) {
            let expected = "a divisor of the number of units";
            let found = format!("{heads} for {units}");
            return Err(Error::BadArgument { op, argument: "heads", expected, found });
        }
        for tensor in [x, memory] {
            if tensor.rank() != 3 {
                let expected = "[batch, steps, units]";
                return Err(Error::BadShape { op, expected, found: *tensor.shape() });
            }
        }
        if x.shape()[0] != memory.shape()[0] {
            return Err(Error::ShapeMismatch { op, lhs: *x.shape(), rhs: *memory.shape() });
        }
        let (batch, steps, keys) = (x.shape()[0], x.shape()[1], memory.shape()[1]);
        let split = |y: Tensor, steps| {
            y.reshape([batch, steps, heads, units / heads])?.permute(&[0, 2, 1, 3])
        };
        let query = split(x.apply(&self.query)?, steps)?;
        let key = split(memory.apply(&self.key)?, keys)?;
        let value = split(memory.apply(&self.value)?, keys)?; // [batch, heads, keys, units / heads]
        let mask = mask.additive_to([batch, heads, steps, keys], x.dtype())?;
        let weights = weights(&query, &key, mask.as_ref())?.apply(&self.dropout)?;
        let y = weights.matmul(&value)?.permute(&[0, 2, 1, 3])?;
        y.reshape([batch, steps, units])?.apply(&self.output)
    }

    /// The mask that the layer has by itself.
    pub(super) fn own_mask(&self) -> Mask {
        if self.causal { Mask::causal() } else { Mask::new() }
    }
}

impl Forward for MultiHeadAttention {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.attend(x, x, &self.own_mask())
    }
}
