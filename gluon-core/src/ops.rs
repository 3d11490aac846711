//! Operations on tensors, each with the rule for its gradient beside it.
//!
//! They are methods of [`Tensor`](crate::Tensor). Functions are fallible; the operators `+ - * /` are the same
//! functions for those who prefer a panic with the error's text.

mod arithmetic;
mod cast;
mod compare;
mod concat;
pub(crate) mod conv;
mod cross_entropy;
mod ctc;
pub(crate) mod dense;
pub(crate) mod dropout;
mod index;
mod layout;
mod map;
mod matmul;
pub(crate) mod norm;
mod operand;
pub(crate) mod pool;
pub(crate) mod recurrent;
mod reduce;
pub(crate) mod sliding;
mod softmax;

pub(crate) use layout::resolve_axis;
pub use operand::Operand;
