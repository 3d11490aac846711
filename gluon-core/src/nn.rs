//! Layers.

mod activation;
mod conv;
mod dense;
mod dropout;
mod elementwise;
mod embedding;
mod flatten;
mod lambda;
mod norm;
mod pool;
mod prelu;
mod recurrent;
mod sequential;
mod sizes;

pub use activation::Activation;
pub use conv::{
    Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, Convolution,
};
pub use dense::Dense;
pub use dropout::Dropout;
pub use elementwise::{Elu, Gelu, LeakyRelu, Selu, Swish};
pub use embedding::Embedding;
pub use flatten::Flatten;
pub use lambda::Lambda;
pub use norm::{BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RmsNorm};
pub use pool::{
    AvgPool1d, AvgPool2d, AvgPool3d, GlobalAvgPool1d, GlobalAvgPool2d, GlobalAvgPool3d,
    GlobalMaxPool1d, GlobalMaxPool2d, GlobalMaxPool3d, GlobalPooling, MaxPool1d, MaxPool2d,
    MaxPool3d, Pooling,
};
pub use prelu::PRelu;
pub use recurrent::{Gru, GruCell, Lstm, LstmCell, Rnn, RnnCell};
pub use sequential::Sequential;
pub use sizes::Sizes;

#[doc(hidden)]
pub use gluon_macros::sequential_in;
#[doc(hidden)]
pub use sequential::{Layers, Members};
