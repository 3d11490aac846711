//! Data: files of examples, data sets made of them, and the batches of an epoch.
//!
//! [`Idx`] reads and writes one array in the format of MNIST, [`Mnist`] the four files of such a
//! data set. A [`Dataset`] gives samples by index, an [`ArrayDataset`] those in memory; a
//! [`Sampler`] says which samples make up each batch of each epoch, and a [`DataLoader`] puts them
//! together, ahead of time if it is [`Prefetched`]. [`Dataset::map`] changes samples on the way.

mod array;
mod dataset;
mod epochs;
mod idx;
#[cfg(feature = "image")]
mod image_folder;
mod loader;
mod map;
mod mnist;
mod prefetch;
mod sampler;
mod split;
mod stack;
mod subset;
#[cfg(feature = "csv")]
mod table;

pub use array::ArrayDataset;
pub use dataset::Dataset;
pub use epochs::Epochs;
pub use idx::Idx;
#[cfg(feature = "image")]
pub use image_folder::ImageFolder;
pub use loader::{Batches, DataLoader};
pub use map::Map;
pub use mnist::{Mnist, Split};
pub use prefetch::{Prefetched, PrefetchedBatches};
pub use sampler::{Epoch, LastBatch, Sampler};
pub use split::{split_and_load, split_and_load_evenly};
pub use stack::Stack;
pub use subset::Subset;
#[cfg(feature = "csv")]
pub use table::Table;
