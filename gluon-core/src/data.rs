//! Data: files of examples, and the order in which an epoch goes through them.

mod idx;
mod mnist;

pub use idx::Idx;
pub use mnist::{Mnist, Split};
