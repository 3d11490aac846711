//! Operations on tensors, each with the rule for its gradient beside it.
//!
//! They are methods of [`Tensor`](crate::Tensor). Functions are fallible; the operators `+ - * /` are the same
//! functions for those who prefer a panic with the error's text.

#[cfg(feature = "layers")]
mod any;
mod arithmetic;
mod cast;
mod compare;
mod concat;
#[cfg(feature = "layers")]
pub(crate) mod conv;
mod cross_entropy;
#[cfg(feature = "layers")]
mod ctc;
pub(crate) mod dense;
mod device;
pub(crate) mod dropout;
#[cfg(feature = "layers")]
mod gather;
mod index;
mod integer;
mod layout;
mod map;
mod matmul;
#[cfg(feature = "layers")]
mod multinomial;
#[cfg(feature = "layers")]
pub(crate) mod norm;
mod operand;
#[cfg(feature = "layers")]
mod pad;
#[cfg(feature = "layers")]
pub(crate) mod pool;
mod position;
#[cfg(feature = "layers")]
pub(crate) mod recurrent;
mod reduce;
#[cfg(feature = "layers")]
mod repeat;
#[cfg(feature = "layers")]
mod scan;
#[cfg(feature = "layers")]
pub(crate) mod sliding;
mod softmax;
#[cfg(feature = "layers")]
mod sort;
#[cfg(feature = "layers")]
mod triangle;
#[cfg(feature = "layers")]
mod variance;

#[cfg(any(feature = "data", feature = "layers"))]
pub(crate) use index::index_below;
pub(crate) use layout::resolve_axis;
pub use operand::Operand;
