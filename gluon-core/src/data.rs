//! Data: files of examples, data sets made of them, and the batches of an epoch.
//!
//! [`Idx`] reads and writes one array in the format of MNIST, [`Mnist`] the four files of such a
//! data set. A [`Dataset`] gives samples by index, an [`ArrayDataset`] those in memory; a
//! [`Sampler`] says which samples make up each batch of each epoch, and a [`DataLoader`] puts them
//! together.

mod array;
mod dataset;
mod idx;
mod loader;
mod mnist;
mod sampler;
mod split;
mod stack;
mod subset;

pub use array::ArrayDataset;
pub use dataset::Dataset;
pub use idx::Idx;
pub use loader::{Batches, DataLoader};
pub use mnist::{Mnist, Split};
pub use sampler::{Epoch, LastBatch, Sampler};
pub use split::{split_and_load, split_and_load_evenly};
pub use stack::Stack;
pub use subset::Subset;
