//! Tensors, gradients, blocks, training and files: the engine behind `gluon`.

extern crate self as gluon;

pub mod block;
pub mod device;
pub mod dtype;
pub mod error;
pub mod parameter;
pub mod shape;
pub mod tensor;

pub use block::{Block, Forward, Layer, Member};
pub use device::Device;
pub use dtype::{DType, Element};
pub use error::{Error, Result};
pub use parameter::Parameter;
pub use shape::Shape;
pub use tensor::Tensor;
