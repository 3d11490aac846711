//! Operations on tensors, each with the rule for its gradient beside it.
//!
//! They are methods of [`Tensor`](crate::Tensor). Functions are fallible; the operators `+ - * /` are the same
//! functions for those who prefer a panic with the error's text.

mod arithmetic;
mod cast;
mod compare;
mod concat;
mod cross_entropy;
mod ctc;
pub(crate) mod dense;
mod index;
mod layout;
mod map;
mod matmul;
mod operand;
mod reduce;
mod softmax;

pub use operand::Operand;
