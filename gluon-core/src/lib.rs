//! Tensors, gradients, blocks, training and files: the engine behind `gluon`.

#![warn(clippy::print_stdout)]

extern crate self as gluon;

pub mod autograd;
pub mod block;
mod buffer;
#[cfg(feature = "data")]
pub mod data;
pub mod device;
pub mod dtype;
pub mod error;
mod hash;
pub mod init;
mod kernel;
pub mod loss;
#[cfg(feature = "data")]
pub mod metric;
pub mod nn;
pub mod ops;
pub mod optim;
pub mod parameter;
#[cfg(feature = "regex")]
mod pattern;
pub mod persist;
pub mod picture;
pub mod random;
pub mod shape;
mod tape;
pub mod tensor;
pub mod train;

pub use block::{Block, Forward, Layer, Member};
pub use device::Device;
pub use dtype::{DType, Element};
pub use error::{Error, Result};
pub use parameter::{Parameter, ParameterDict};
pub use persist::Persist;
pub use shape::Shape;
pub use tensor::Tensor;
