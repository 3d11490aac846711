//! Automatic differentiation: recording what is computed, and running it backwards.
//!
//! Inside [`record`], each operation on a parameter, on a tensor with
//! [`attach_grad`](crate::Tensor::attach_grad), or on a result of such an operation is remembered
//! together with the rule for its gradient. [`Tensor::backward`](crate::Tensor::backward) runs the
//! rules in reverse. Outside `record` nothing is remembered and inference pays nothing.
//!
//! ```
//! # use gluon_core as gluon;
//! use gluon::{Tensor, autograd};
//!
//! let mut x = Tensor::from([1.0f32, 2.0, 3.0]);
//! x.attach_grad();
//! let y = autograd::record(|| x.mul(&x))?;
//! y.backward()?;                       // the head gradient is ones
//! assert_eq!(x.grad()?.to_vec::<f32>()?, [2.0, 4.0, 6.0]);
//! # Ok::<(), gluon::Error>(())
//! ```
//!
//! The mode is per thread; so are recordings. Each outermost `record` makes a graph that lives as
//! long as a tensor computed in it. The last of a thread stays, with what `backward` has not freed,
//! until the next `record` uses its memory.

mod backward;
#[cfg(feature = "f64")]
pub mod check;
mod function;
mod mode;

pub use crate::tape::GradReq;
pub use function::Function;
pub use mode::{is_recording, is_training, pause, predict_mode, record, record_with, train_mode};

pub(crate) use backward::record_op;
