//! Layers.

mod activation;
mod dense;
mod flatten;
mod lambda;
mod sequential;

pub use activation::Activation;
pub use dense::Dense;
pub use flatten::Flatten;
pub use lambda::Lambda;
pub use sequential::{Position, Sequential};

#[doc(hidden)]
pub use gluon_macros::sequential_in;
#[doc(hidden)]
pub use sequential::{Layers, Members};
