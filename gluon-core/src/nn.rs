//! Layers.
//!
//! Each is a struct that derives `Block` as a user's does, with builder methods for its settings.
//! Sizes that the input tells need not be stated.
//!
//! | kind | layers |
//! | --- | --- |
//! | dense | [`Dense`], [`Embedding`], [`Flatten`] |
//! | activations | [`Activation`], also inside of dense and convolutional layers; [`LeakyRelu`], [`PRelu`], [`Elu`], [`Selu`], [`Gelu`], [`Swish`] |
//! | convolutions | [`Conv1d`], [`Conv2d`], [`Conv3d`], [`ConvTranspose1d`], [`ConvTranspose2d`], [`ConvTranspose3d`] |
//! | pooling | [`MaxPool2d`], [`AvgPool2d`], [`GlobalMaxPool2d`], [`GlobalAvgPool2d`], and those of one and three axes |
//! | normalization | [`BatchNorm`], [`LayerNorm`], [`InstanceNorm`], [`GroupNorm`], [`RmsNorm`] |
//! | regularization | [`Dropout`] |
//! | recurrent | [`Rnn`], [`Lstm`], [`Gru`], and the cells [`RnnCell`], [`LstmCell`], [`GruCell`] |
//! | attention | [`MultiHeadAttention`] with a [`Mask`], [`TransformerEncoderLayer`], [`TransformerDecoderLayer`], [`SinusoidalEncoding`], [`LearnedEncoding`] |
//! | containers | [`Sequential`], [`Concurrent`], [`Residual`], [`Identity`], [`Lambda`] |
//!
//! ```
//! # use gluon_core as gluon;
//! use gluon::nn::{AvgPool2d, Conv2d, Dense};
//! use gluon::{Block, Forward, Tensor, sequential};
//!
//! let mut lenet = sequential![
//!     Conv2d::new(6, 5).padding(2).sigmoid(),
//!     AvgPool2d::new(2),
//!     Conv2d::new(16, 5).sigmoid(),
//!     AvgPool2d::new(2),
//!     Dense::new(120).sigmoid(),
//!     Dense::new(84).sigmoid(),
//!     Dense::new(10),
//! ];
//! lenet.initialize()?;
//! assert_eq!(lenet.forward(&Tensor::ones([2, 1, 28, 28]))?.shape(), [2, 10]);
//! # Ok::<(), gluon::Error>(())
//! ```

mod activation;
#[cfg(feature = "layers")]
mod attention;
mod concurrent;
#[cfg(feature = "layers")]
mod conv;
mod dense;
mod dropout;
mod elementwise;
mod embedding;
mod flatten;
mod identity;
mod lambda;
#[cfg(feature = "layers")]
mod norm;
#[cfg(feature = "layers")]
mod pool;
#[cfg(feature = "layers")]
mod position;
mod prelu;
mod print;
#[cfg(feature = "layers")]
mod recurrent;
mod residual;
mod sequential;
mod sizes;
#[cfg(feature = "layers")]
mod transformer;

pub use activation::Activation;
#[cfg(feature = "layers")]
pub use attention::{Mask, MultiHeadAttention, scaled_dot_product_attention};
pub use concurrent::Concurrent;
#[cfg(feature = "layers")]
pub use conv::{
    Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, Convolution,
};
pub use dense::Dense;
pub use dropout::Dropout;
pub use elementwise::{Elu, Gelu, LeakyRelu, Selu, Swish};
pub use embedding::Embedding;
pub use flatten::Flatten;
pub use identity::Identity;
pub use lambda::Lambda;
#[cfg(feature = "layers")]
pub use norm::{BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RmsNorm};
#[cfg(feature = "layers")]
pub use pool::{
    AvgPool1d, AvgPool2d, AvgPool3d, GlobalAvgPool1d, GlobalAvgPool2d, GlobalAvgPool3d,
    GlobalMaxPool1d, GlobalMaxPool2d, GlobalMaxPool3d, GlobalPooling, MaxPool1d, MaxPool2d,
    MaxPool3d, Pooling,
};
#[cfg(feature = "layers")]
pub use position::{LearnedEncoding, SinusoidalEncoding};
pub use prelu::PRelu;
#[cfg(feature = "layers")]
pub use recurrent::{Gru, GruCell, Lstm, LstmCell, Rnn, RnnCell};
pub use residual::Residual;
pub use sequential::{Position, Sequential};
pub use sizes::Sizes;
#[cfg(feature = "layers")]
pub use transformer::{FeedForward, TransformerDecoderLayer, TransformerEncoderLayer};

#[doc(hidden)]
pub use gluon_macros::sequential_in;
#[doc(hidden)]
pub use sequential::{Layers, Members};
