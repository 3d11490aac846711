//! Data loaders: the batches of an epoch, put together.

use super::{Dataset, Epoch, LastBatch, Prefetched, Sampler, Stack};
use crate::error::Result;
use crate::random;

/// A data set in batches, epoch by epoch.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Tensor, data::{ArrayDataset, DataLoader}};
///
/// let x = Tensor::from([[1.0f32, 2.0], [3.0, 4.0], [5.0, 6.0]]);
/// let y = Tensor::from([0u8, 1, 0]);
/// let loader = DataLoader::new(ArrayDataset::new(x, y)?, 2)?.shuffled(42);
/// for epoch in 0..3 {
///     for batch in loader.epoch(epoch) {
///         let (x, y) = batch?;
///         assert_eq!(x.shape()[0], y.shape()[0]);
///     }
/// }
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// The batches of an epoch depend on the settings and its number alone, as those of a
/// [`Sampler`]. So do the random numbers that samples draw while they are made, say in a
/// [map](Dataset::map): each batch has a stream of its own, of the seed of the order, or 0 without
/// one, and the thread's [generator](crate::random::seed) is afterwards where it was.
///
/// A batch of an [`ArrayDataset`](super::ArrayDataset) is one copy of its rows, into the memory of
/// an earlier batch if that is no longer in use.
#[derive(Clone, Debug)]
pub struct DataLoader<D> {
    dataset: D,
    sampler: Sampler,
}

impl<D: Dataset> DataLoader<D> {
    /// The samples of `dataset`, or of a reference to one, in batches of `batch_size`: in order,
    /// keeping a smaller last batch.
    ///
    /// # Errors
    /// [`Error::BadArgument`](crate::Error::BadArgument) if `batch_size` is 0.
    pub fn new(dataset: D, batch_size: usize) -> Result<DataLoader<D>> {
        let sampler = Sampler::new(dataset.len(), batch_size)?;
        Ok(DataLoader { dataset, sampler })
    }

    /// The same with samples in a random order, another one each epoch.
    pub fn shuffled(self, seed: u64) -> DataLoader<D> {
        DataLoader { sampler: self.sampler.shuffled(seed), ..self }
    }

    /// The same with another way to end an epoch.
    pub fn with_last_batch(self, last_batch: LastBatch) -> DataLoader<D> {
        DataLoader { sampler: self.sampler.with_last_batch(last_batch), ..self }
    }

    /// The samples.
    pub fn dataset(&self) -> &D {
        &self.dataset
    }

    /// The same, with batches put together ahead of time by `threads` threads.
    ///
    /// # Errors
    /// [`Error::BadArgument`](crate::Error::BadArgument) if `threads` is 0.
    pub fn prefetched(self, threads: usize) -> Result<Prefetched<D>>
    where
        D: Send + Sync + 'static,
        <D::Sample as Stack>::Batch: Send + 'static,
    {
        Prefetched::new(self, threads)
    }

    /// Which samples make up the batches.
    pub fn sampler(&self) -> &Sampler {
        &self.sampler
    }

    /// The number of batches of an epoch, counted from 0.
    pub fn n_batches(&self, epoch: u64) -> usize {
        self.sampler.n_batches(epoch)
    }

    /// The batches of an epoch, counted from 0.
    pub fn epoch(&self, epoch: u64) -> Batches<'_, D> {
        Batches { loader: self, number: epoch, epoch: self.sampler.epoch(epoch), next: 0 }
    }

    /// The samples at `indices`, which are batch `number` of an epoch.
    pub(super) fn batch(
        &self,
        epoch: u64,
        number: usize,
        indices: &[usize],
    ) -> Result<<D::Sample as Stack>::Batch> {
        let generator = self.sampler.generator(epoch, number);
        random::with_generator(generator, || self.dataset.batch(indices))
    }
}

/// The batches of one epoch, each put together when its turn comes.
#[derive(Clone, Debug)]
pub struct Batches<'l, D> {
    loader: &'l DataLoader<D>,
    /// The number of the epoch.
    number: u64,
    epoch: Epoch,
    /// How many batches are done.
    next: usize,
}

impl<D: Dataset> Iterator for Batches<'_, D> {
    type Item = Result<<D::Sample as Stack>::Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        let number = self.next;
        let indices = self.epoch.batches().nth(number)?;
        self.next += 1;
        Some(self.loader.batch(self.number, number, indices))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.epoch.batches().len().saturating_sub(self.next);
        (left, Some(left))
    }
}

impl<D: Dataset> ExactSizeIterator for Batches<'_, D> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ArrayDataset;
    use crate::tensor::Tensor;

    fn loader(len: usize, batch_size: usize) -> DataLoader<ArrayDataset> {
        let y = Tensor::arange(len);
        let x = Tensor::stack(&[&y, &y.mul(2.0).unwrap()], 1).unwrap();
        DataLoader::new(ArrayDataset::new(x, y).unwrap(), batch_size).unwrap()
    }

    fn labels(loader: &DataLoader<ArrayDataset>, epoch: u64) -> Vec<Vec<f32>> {
        let batches = loader.epoch(epoch).map(|batch| {
            let (x, y) = batch.unwrap();
            let twice = x.select(1, 1).unwrap();
            assert_eq!(twice, y.mul(2.0).unwrap());
            y.to_vec::<f32>().unwrap()
        });
        batches.collect()
    }

    #[test]
    fn batches_hold_the_samples_that_the_sampler_names() {
        let loader = loader(7, 3);
        let in_order = vec![vec![0.0, 1.0, 2.0], vec![3.0, 4.0, 5.0], vec![6.0]];
        assert_eq!(labels(&loader, 0), in_order);

        let sampler = Sampler::new(7, 3).unwrap().shuffled(5).with_last_batch(LastBatch::RollOver);
        let loader = loader.shuffled(5).with_last_batch(LastBatch::RollOver);
        for epoch in 0..4 {
            let expected: Vec<Vec<f32>> = (&sampler.epoch(epoch))
                .into_iter()
                .map(|batch| batch.iter().map(|&index| index as f32).collect())
                .collect();
            assert_eq!(labels(&loader, epoch), expected);
        }
    }

    #[test]
    fn epochs_know_their_length() {
        let loader = loader(7, 3);
        let mut batches = loader.epoch(2);
        assert_eq!((batches.len(), loader.n_batches(2)), (3, 3));
        batches.next();
        assert_eq!(batches.len(), 2);
        assert_eq!(batches.by_ref().count(), 2);
        assert!(batches.next().is_none());
        assert_eq!(batches.len(), 0);
    }

    #[test]
    fn a_batch_takes_the_memory_of_one_that_is_gone() {
        let loader = loader(64, 32);
        let mut batches = loader.epoch(0);
        let mut address = || {
            let (x, _) = batches.next().unwrap().unwrap();
            x.view::<f32>().unwrap().as_ptr() as usize
        };
        assert_eq!(address(), address());
    }

    #[test]
    fn a_reference_to_a_data_set_is_one_too() {
        let owner = loader(4, 2);
        let borrowed = DataLoader::new(owner.dataset(), 2).unwrap();
        assert_eq!(borrowed.epoch(0).count(), 2);
        assert!(DataLoader::new(owner.dataset(), 0).is_err());
    }
}
