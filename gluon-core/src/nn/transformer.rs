//! Layers of transformers.

use gluon_macros::Block;

use super::{Activation, Dense, Dropout, LayerNorm, Mask, MultiHeadAttention};
use crate::block::Forward;
use crate::error::Result;
use crate::tensor::Tensor;

/// Two dense layers on each step.
#[derive(Block, Debug)]
pub struct FeedForward {
    /// To more units, with the activation.
    pub hidden: Dense,
    /// Back.
    pub output: Dense,
    dropout: Dropout,
}

impl FeedForward {
    /// Layers from and to `units`, over `hidden` ones and an activation.
    pub fn new(units: usize, hidden: usize, activation: Activation) -> FeedForward {
        FeedForward {
            hidden: Dense::new(hidden).in_units(units).keep_axes().activation(activation),
            output: Dense::new(units).in_units(hidden).keep_axes(),
            dropout: Dropout::new(0.0),
        }
    }

    /// The same layers with [`Dropout`] of this rate between them.
    pub fn dropout(mut self, rate: f64) -> FeedForward {
        self.dropout = Dropout::new(rate);
        self
    }
}

impl Forward for FeedForward {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.apply(&self.hidden)?.apply(&self.dropout)?.apply(&self.output)
    }
}

/// One part of a layer: `norm(x + drop(f(x)))`, or `x + drop(f(norm(x)))` if the norm comes first.
fn part(
    x: &Tensor,
    (norm, dropout, pre_norm): (&LayerNorm, &Dropout, bool),
    f: impl FnOnce(&Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    if pre_norm {
        return x.add(&f(&x.apply(norm)?)?.apply(dropout)?);
    }
    x.add(&f(x)?.apply(dropout)?)?.apply(norm)
}

/// Defines the builder methods of a layer with parts.
macro_rules! settings {
    ($name:ident: $($attention:ident)*) => {
        impl $name {
            /// The same layer that normalizes what goes into its parts instead of what comes out,
            /// so that inputs pass all layers unchanged.
            pub fn pre_norm(mut self) -> $name {
                self.pre_norm = true;
                self
            }

            /// The same layer with [`Dropout`] of this rate on attention, between dense layers and
            /// after each part.
            pub fn dropout(mut self, rate: f64) -> $name {
                $(self.$attention = self.$attention.dropout(rate);)*
                self.feed_forward = self.feed_forward.dropout(rate);
                self.dropout = Dropout::new(rate);
                self
            }

            /// The same layer with another activation than the larger of a number and 0.
            pub fn activation(mut self, activation: Activation) -> $name {
                self.feed_forward.hidden = self.feed_forward.hidden.activation(activation);
                self
            }
        }
    };
}

/// A layer of a transformer's encoder: self-attention, then two dense layers, each beside a way
/// around it and with a layer normalization.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Block, Forward, Tensor, nn::TransformerEncoderLayer};
///
/// let mut layer = TransformerEncoderLayer::new(8, 2, 32).pre_norm();
/// layer.initialize()?;
/// assert_eq!(layer.forward(&Tensor::ones([3, 5, 8]))?.shape(), [3, 5, 8]);
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Shapes
/// `x: [batch, steps, units]`, unchanged.
///
/// # Errors
/// As for [`MultiHeadAttention`].
///
/// # Source
/// Vaswani et al., *Attention Is All You Need*, NeurIPS 2017, section 3.1; normalized first: Xiong
/// et al., *On Layer Normalization in the Transformer Architecture*, ICML 2020.
#[derive(Block, Debug)]
pub struct TransformerEncoderLayer {
    /// Self-attention.
    pub attention: MultiHeadAttention,
    /// The normalization of attention.
    pub attention_norm: LayerNorm,
    /// The dense layers.
    pub feed_forward: FeedForward,
    /// The normalization of the dense layers.
    pub feed_forward_norm: LayerNorm,
    dropout: Dropout,
    pre_norm: bool,
}

settings!(TransformerEncoderLayer: attention);

impl TransformerEncoderLayer {
    /// A layer of `units`, so many heads, and `hidden` units between the dense layers, with
    /// normalization after each part and without dropout.
    pub fn new(units: usize, heads: usize, hidden: usize) -> TransformerEncoderLayer {
        TransformerEncoderLayer {
            attention: MultiHeadAttention::new(units, heads).in_units(units),
            attention_norm: LayerNorm::new(),
            feed_forward: FeedForward::new(units, hidden, Activation::Relu),
            feed_forward_norm: LayerNorm::new(),
            dropout: Dropout::new(0.0),
            pre_norm: false,
        }
    }

    /// The same layer whose steps see themselves and those before them only.
    pub fn causal(mut self) -> TransformerEncoderLayer {
        self.attention = self.attention.causal();
        self
    }

    /// The layer's output where steps see what `mask` lets them.
    ///
    /// # Errors
    /// As for [`MultiHeadAttention::attend`].
    pub fn encode(&self, x: &Tensor, mask: &Mask) -> Result<Tensor> {
        let with = |norm| (norm, &self.dropout, self.pre_norm);
        let x = part(x, with(&self.attention_norm), |x| self.attention.attend(x, x, mask))?;
        part(&x, with(&self.feed_forward_norm), |x| x.apply(&self.feed_forward))
    }
}

impl Forward for TransformerEncoderLayer {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.encode(x, &self.attention.own_mask())
    }
}

/// A layer of a transformer's decoder: causal self-attention, attention to the encoder's output,
/// then two dense layers, each beside a way around it and with a layer normalization.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Block, Forward, Tensor, nn::TransformerDecoderLayer};
///
/// let mut layer = TransformerDecoderLayer::new(8, 2, 32);
/// layer.initialize()?;
/// let (x, memory) = (Tensor::ones([3, 5, 8]), Tensor::ones([3, 7, 8]));
/// let y: Tensor = layer.forward(&(x, memory))?;
/// assert_eq!(y.shape(), [3, 5, 8]);
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Shapes
/// `x: [batch, steps, units]`, unchanged; the encoder's output: `[batch, keys, inputs]`.
///
/// # Errors
/// As for [`MultiHeadAttention::attend`].
///
/// # Source
/// As for [`TransformerEncoderLayer`].
#[derive(Block, Debug)]
pub struct TransformerDecoderLayer {
    /// Causal self-attention.
    pub attention: MultiHeadAttention,
    /// The normalization of self-attention.
    pub attention_norm: LayerNorm,
    /// Attention to the encoder's output.
    pub memory_attention: MultiHeadAttention,
    /// The normalization of that.
    pub memory_norm: LayerNorm,
    /// The dense layers.
    pub feed_forward: FeedForward,
    /// The normalization of the dense layers.
    pub feed_forward_norm: LayerNorm,
    dropout: Dropout,
    pre_norm: bool,
}

settings!(TransformerDecoderLayer: attention memory_attention);

impl TransformerDecoderLayer {
    /// A layer of `units`, so many heads, and `hidden` units between the dense layers, with
    /// normalization after each part and without dropout.
    pub fn new(units: usize, heads: usize, hidden: usize) -> TransformerDecoderLayer {
        // What the encoder gives may have another size.
        let mut memory_attention = MultiHeadAttention::new(units, heads);
        memory_attention.query = memory_attention.query.in_units(units);
        TransformerDecoderLayer {
            attention: MultiHeadAttention::new(units, heads).in_units(units).causal(),
            attention_norm: LayerNorm::new(),
            memory_attention,
            memory_norm: LayerNorm::new(),
            feed_forward: FeedForward::new(units, hidden, Activation::Relu),
            feed_forward_norm: LayerNorm::new(),
            dropout: Dropout::new(0.0),
            pre_norm: false,
        }
    }

    /// The layer's output where steps see of each other, and of the encoder's output, what the two
    /// masks let them.
    ///
    /// # Errors
    /// As for [`MultiHeadAttention::attend`].
    pub fn decode(
        &self,
        x: &Tensor,
        memory: &Tensor,
        mask: &Mask,
        memory_mask: &Mask,
    ) -> Result<Tensor> {
        let with = |norm| (norm, &self.dropout, self.pre_norm);
        let x = part(x, with(&self.attention_norm), |x| self.attention.attend(x, x, mask))?;
        let x = part(&x, with(&self.memory_norm), |x| {
            self.memory_attention.attend(x, memory, memory_mask)
        })?;
        part(&x, with(&self.feed_forward_norm), |x| x.apply(&self.feed_forward))
    }
}

impl Forward<(Tensor, Tensor)> for TransformerDecoderLayer {
    fn forward(&self, (x, memory): &(Tensor, Tensor)) -> Result<Tensor> {
        self.decode(x, memory, &self.attention.own_mask(), &Mask::new())
    }
}
