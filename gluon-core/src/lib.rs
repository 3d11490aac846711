//! Tensors, gradients, blocks, training and files: the engine behind `gluon`.

extern crate self as gluon;

pub mod device;
pub mod dtype;
pub mod error;
#[allow(dead_code)]
pub(crate) mod kernel;
pub mod shape;

pub use device::Device;
pub use dtype::{DType, Element};
pub use error::{Error, Result};
pub use shape::Shape;
