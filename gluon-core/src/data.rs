//! Data: files of examples, and the order in which an epoch goes through them.
//!
//! [`Idx`] reads and writes one array in the format of MNIST, [`Mnist`] the four files of such a
//! data set. A [`Sampler`] says which examples make up each batch of each epoch.

mod idx;
mod mnist;
mod sampler;

pub use idx::Idx;
pub use mnist::{Mnist, Split};
pub use sampler::{Epoch, LastBatch, Sampler};
