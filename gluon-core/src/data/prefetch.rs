//! Prefetching: batches put together ahead of time, by other threads.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};

use super::{DataLoader, Dataset, Stack};
use crate::error::{Error, Result};

/// A [`DataLoader`] whose batches are put together by threads of their own while the last ones are
/// in use: for samples that take long to read or to change.
///
/// Batches and their order are those of the loader, whatever the number of threads, also where
/// samples draw random numbers.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Tensor, data::{ArrayDataset, DataLoader}};
///
/// let data = ArrayDataset::new(Tensor::arange(10), Tensor::arange(10))?;
/// let loader = DataLoader::new(data, 3)?.shuffled(42);
/// let ahead = loader.clone().prefetched(2)?;
/// for (expected, batch) in loader.epoch(0).zip(ahead.epoch(0)?) {
///     assert_eq!(batch?.0, expected?.0);
/// }
/// # Ok::<(), gluon::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Prefetched<D> {
    loader: Arc<DataLoader<D>>,
    threads: usize,
}

impl<D> Prefetched<D>
where
    D: Dataset + Send + Sync + 'static,
    <D::Sample as Stack>::Batch: Send + 'static,
{
    pub(super) fn new(loader: DataLoader<D>, threads: usize) -> Result<Prefetched<D>> {
        if threads == 0 {
            let (op, argument) = ("prefetched", "threads");
            let (expected, found) = ("at least 1", "0".to_owned());
            return Err(Error::BadArgument { op, argument, expected, found });
        }
        Ok(Prefetched { loader: Arc::new(loader), threads })
    }

    /// The loader that puts batches together.
    pub fn loader(&self) -> &DataLoader<D> {
        &self.loader
    }

    /// The batches of an epoch, counted from 0. Each thread is at most two batches ahead, and ends
    /// when the iterator is dropped.
    ///
    /// # Errors
    /// [`Error::BadArgument`] if the system starts no more threads.
    pub fn epoch(&self, epoch: u64) -> Result<PrefetchedBatches<<D::Sample as Stack>::Batch>> {
        let indices = Arc::new(self.loader.sampler().epoch(epoch));
        let threads = self.threads.min(indices.batches().len());
        // Thread i makes the batches i, i + threads, ...: so their order needs no sorting.
        let start = |first: usize| {
            let (sender, receiver) = sync_channel(1);
            let (loader, indices) = (Arc::clone(&self.loader), Arc::clone(&indices));
            let work = move || {
                let batches = indices.batches().enumerate();
                for (number, batch) in batches.skip(first).step_by(threads) {
                    // Nobody listens any more once the iterator is gone.
                    if sender.send(loader.batch(epoch, number, batch)).is_err() {
                        break;
                    }
                }
            };
            let builder = thread::Builder::new().name(format!("batches {first}"));
            let handle = builder.spawn(work).map_err(|error| Error::BadArgument {
                op: "prefetched",
                argument: "threads",
                expected: "as many as the system starts",
                found: format!("{threads}: {error}"),
            })?;
            Ok(Worker { receiver: Some(receiver), handle: Some(handle) })
        };
        let workers = (0..threads).map(start).collect::<Result<Vec<_>>>()?;
        Ok(PrefetchedBatches { workers, next: 0, left: indices.batches().len() })
    }
}

/// The batches of one epoch, put together ahead of their turn.
#[derive(Debug)]
pub struct PrefetchedBatches<B> {
    workers: Vec<Worker<B>>,
    /// The number of the next batch.
    next: usize,
    left: usize,
}

#[derive(Debug)]
struct Worker<B> {
    receiver: Option<Receiver<Result<B>>>,
    handle: Option<JoinHandle<()>>,
}

impl<B> Worker<B> {
    /// Waits for the thread's end, which a panic may be.
    fn join(&mut self) -> thread::Result<()> {
        self.receiver = None;
        self.handle.take().map_or(Ok(()), JoinHandle::join)
    }
}

impl<B> Iterator for PrefetchedBatches<B> {
    type Item = Result<B>;

    fn next(&mut self) -> Option<Result<B>> {
        self.left = self.left.checked_sub(1)?;
        let index = self.next % self.workers.len();
        self.next += 1;
        let worker = &mut self.workers[index];
        let batch = worker.receiver.as_ref().and_then(|receiver| receiver.recv().ok());
        if batch.is_none()
            && let Err(panic) = worker.join()
        {
            std::panic::resume_unwind(panic);
        }
        batch
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<B> ExactSizeIterator for PrefetchedBatches<B> {}

impl<B> Drop for Worker<B> {
    fn drop(&mut self) {
        // Nobody has asked for the sample that a panic would be about.
        let _ = self.join();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ArrayDataset, LastBatch};
    use crate::random;
    use crate::tensor::Tensor;

    fn loader() -> DataLoader<ArrayDataset> {
        let data = ArrayDataset::new(Tensor::arange(50), Tensor::arange(50)).unwrap();
        let loader = DataLoader::new(data, 3).unwrap().shuffled(7);
        loader.with_last_batch(LastBatch::RollOver)
    }

    #[test]
    fn threads_change_neither_order_nor_numbers() {
        for threads in [1, 2, 3, 40] {
            let ahead = loader().prefetched(threads).unwrap();
            for epoch in 0..3 {
                let expected: Vec<_> = loader().epoch(epoch).map(|b| b.unwrap()).collect();
                let batches = ahead.epoch(epoch).unwrap();
                assert_eq!(batches.len(), expected.len());
                let found: Vec<_> = batches.map(|b| b.unwrap()).collect();
                assert_eq!(found, expected);
            }
        }
        assert!(loader().prefetched(0).is_err());
    }

    #[test]
    fn what_samples_draw_depends_on_seed_epoch_and_batch_alone() {
        let data = ArrayDataset::new(Tensor::arange(12), Tensor::arange(12)).unwrap();
        let noisy = data.map(|_| Ok(Tensor::uniform(0.0, 1.0, [2])));
        let loader = DataLoader::new(noisy, 3).unwrap();
        let all = |batches: &mut dyn Iterator<Item = Result<Tensor>>| -> Vec<Tensor> {
            batches.map(|batch| batch.unwrap()).collect()
        };
        let mut seen: Vec<Tensor> = Vec::new();
        for loader in [loader.clone(), loader.clone().shuffled(1), loader.shuffled(2)] {
            for epoch in 0..2 {
                let before = random::state();
                let expected = all(&mut loader.epoch(epoch));
                assert_eq!(random::state(), before);
                for threads in [1, 3] {
                    let ahead = loader.clone().prefetched(threads).unwrap();
                    assert_eq!(all(&mut ahead.epoch(epoch).unwrap()), expected);
                }
                assert!(expected.iter().all(|batch| !seen.contains(batch)));
                seen.extend(expected);
            }
        }
    }

    #[test]
    fn an_epoch_may_be_left_early() {
        let ahead = loader().prefetched(3).unwrap();
        let mut batches = ahead.epoch(0).unwrap();
        batches.next().unwrap().unwrap();
        drop(batches);
        assert_eq!(ahead.epoch(0).unwrap().count(), 16);
    }

    #[test]
    fn errors_come_in_their_place_and_panics_pass() {
        let numbers = ArrayDataset::new(Tensor::arange(9), Tensor::arange(9)).unwrap();
        let fails = numbers.clone().map(|(x, _)| match x.item()? {
            5.0 => Err(Error::NoGradient),
            x => Ok(x),
        });
        let ahead = DataLoader::new(fails, 2).unwrap().prefetched(2).unwrap();
        let failed: Vec<bool> = ahead.epoch(0).unwrap().map(|batch| batch.is_err()).collect();
        assert_eq!(failed, [false, false, true, false, false]);

        let panics = numbers.map(|(x, _)| {
            assert!(x.item()? < 4.0, "a sample of its own");
            Ok(1u8)
        });
        let ahead = DataLoader::new(panics, 2).unwrap().prefetched(2).unwrap();
        let run = || ahead.epoch(0).unwrap().for_each(drop);
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"a sample of its own"));

        // Left before anybody asks for that sample, which the thread is already at.
        let mut batches = ahead.epoch(0).unwrap();
        batches.next().unwrap().unwrap();
        drop(batches);
    }
}
