//! Epochs: batches again and again.

use super::{Batches, DataLoader, Dataset, Prefetched, PrefetchedBatches, Stack};
use crate::error::Result;
use crate::tensor::Tensor;

/// Something that has batches for each epoch: a [`DataLoader`], a [`Prefetched`] one, or `()`,
/// which has none.
pub trait Epochs {
    /// A batch: mostly features and labels.
    type Batch;

    /// The batches of one epoch.
    type Batches<'e>: Iterator<Item = Result<Self::Batch>>
    where
        Self: 'e;

    /// The number of batches of an epoch, counted from 0.
    fn n_batches(&self, epoch: u64) -> usize;

    /// The batches of an epoch, counted from 0.
    ///
    /// # Errors
    /// If they cannot be begun.
    fn batches(&self, epoch: u64) -> Result<Self::Batches<'_>>;
}

impl<D: Dataset> Epochs for DataLoader<D> {
    type Batch = <D::Sample as Stack>::Batch;
    type Batches<'e>
        = Batches<'e, D>
    where
        D: 'e;

    fn n_batches(&self, epoch: u64) -> usize {
        DataLoader::n_batches(self, epoch)
    }

    fn batches(&self, epoch: u64) -> Result<Batches<'_, D>> {
        Ok(self.epoch(epoch))
    }
}

impl<D> Epochs for Prefetched<D>
where
    D: Dataset + Send + Sync + 'static,
    <D::Sample as Stack>::Batch: Send + 'static,
{
    type Batch = <D::Sample as Stack>::Batch;
    type Batches<'e> = PrefetchedBatches<Self::Batch>;

    fn n_batches(&self, epoch: u64) -> usize {
        self.loader().n_batches(epoch)
    }

    fn batches(&self, epoch: u64) -> Result<PrefetchedBatches<Self::Batch>> {
        self.epoch(epoch)
    }
}

impl Epochs for () {
    type Batch = (Tensor, Tensor);
    type Batches<'e> = std::iter::Empty<Result<(Tensor, Tensor)>>;

    fn n_batches(&self, _: u64) -> usize {
        0
    }

    fn batches(&self, _: u64) -> Result<Self::Batches<'_>> {
        Ok(std::iter::empty())
    }
}
