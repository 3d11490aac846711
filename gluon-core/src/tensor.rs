//! Tensors.

/// A tensor.
#[derive(Clone, Debug)]
pub struct Tensor;
