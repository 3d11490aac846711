//! Samplers: which examples make up each batch of each epoch.

use crate::error::{Error, Result};
use crate::random::Generator;

/// Divides the examples of a data set, by their indices, into batches.
///
/// Each epoch goes through all examples once, in order or shuffled. Its batches depend on the
/// settings and the number of the epoch alone, so training that resumes at epoch 7 sees what it
/// would have seen without the pause.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::data::{LastBatch, Sampler};
///
/// let sampler = Sampler::new(5, 2)?;
/// let epoch = sampler.epoch(0);
/// let batches: Vec<&[usize]> = epoch.batches().collect();
/// assert_eq!(batches, [&[0, 1][..], &[2, 3], &[4]]);
///
/// let sampler = sampler.shuffled(42).with_last_batch(LastBatch::Discard);
/// for batch in &sampler.epoch(0) {
///     assert_eq!(batch.len(), 2);
/// }
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Source
/// `BatchSampler` of MXNet, `python/mxnet/gluon/data/sampler.py` at commit 00a58a6. There a
/// roll-over is state of the sampler, so that an epoch left early changes the next one; here it is
/// computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sampler {
    len: usize,
    batch_size: usize,
    /// The seed of the order; without one, examples come as they are.
    seed: Option<u64>,
    last_batch: LastBatch,
}

/// What to do with examples left over at the end of an epoch, too few for a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LastBatch {
    /// They make a smaller batch; the default.
    #[default]
    Keep,
    /// They are left out of this epoch.
    Discard,
    /// They start the next epoch, so that every batch is full.
    RollOver,
}

impl Sampler {
    /// Batches of `batch_size` out of `len` examples: in order, keeping the last batch.
    ///
    /// # Errors
    /// [`Error::BadArgument`] if `batch_size` is 0.
    pub fn new(len: usize, batch_size: usize) -> Result<Sampler> {
        if batch_size == 0 {
            return Err(Error::BadArgument {
                op: "Sampler::new",
                argument: "batch_size",
                expected: "positive",
                found: batch_size.to_string(),
            });
        }
        Ok(Sampler { len, batch_size, seed: None, last_batch: LastBatch::Keep })
    }

    /// The same with examples in a random order, another one each epoch.
    pub fn shuffled(self, seed: u64) -> Sampler {
        Sampler { seed: Some(seed), ..self }
    }

    /// The same with another way to end an epoch.
    pub fn with_last_batch(self, last_batch: LastBatch) -> Sampler {
        Sampler { last_batch, ..self }
    }

    /// The number of batches of an epoch, counted from 0; it varies only with
    /// [`LastBatch::RollOver`].
    pub fn n_batches(&self, epoch: u64) -> usize {
        match self.last_batch {
            LastBatch::Keep => self.len.div_ceil(self.batch_size),
            LastBatch::Discard => self.len / self.batch_size,
            // At most `len`, because less than a batch is left over: the cast loses nothing.
            LastBatch::RollOver => {
                let total = self.left_over(epoch) as u128 + self.len as u128;
                (total / self.batch_size as u128) as usize
            }
        }
    }

    /// The batches of an epoch, counted from 0.
    pub fn epoch(&self, epoch: u64) -> Epoch {
        let n_batches = self.n_batches(epoch);
        let mut indices = Vec::new();
        if n_batches > 0 {
            if self.last_batch == LastBatch::RollOver {
                indices = self.rolled_over(epoch);
            }
            indices.extend(self.order(epoch));
            indices.truncate(n_batches.saturating_mul(self.batch_size));
        }
        Epoch { indices, batch_size: self.batch_size }
    }

    /// How many examples epochs before this one leave over, if they roll over.
    ///
    /// Seen as one stream, the epochs before hold `epoch · len` examples, taken by full batches.
    fn left_over(&self, epoch: u64) -> usize {
        (u128::from(epoch) * self.len as u128 % self.batch_size as u128) as usize
    }

    /// The examples that epochs before this one leave over: the end of their stream.
    fn rolled_over(&self, epoch: u64) -> Vec<usize> {
        let count = self.left_over(epoch);
        // A data set smaller than a batch leaves several whole epochs.
        let n_epochs = count.div_ceil(self.len.max(1));
        let mut indices: Vec<usize> =
            (epoch - n_epochs as u64..epoch).flat_map(|before| self.order(before)).collect();
        indices.drain(..indices.len() - count);
        indices
    }

    /// What the examples of a batch draw from while they are read.
    pub(super) fn generator(&self, epoch: u64, batch: usize) -> Generator {
        let name = format!("epoch {epoch}, batch {batch}");
        Generator::for_name(self.seed.unwrap_or(0), &name)
    }

    /// All examples in the order of an epoch.
    fn order(&self, epoch: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.len).collect();
        if let Some(seed) = self.seed {
            Generator::for_name(seed, &format!("epoch {epoch}")).shuffle(&mut order);
        }
        order
    }
}

/// The batches of one epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    indices: Vec<usize>,
    batch_size: usize,
}

impl Epoch {
    /// The batches in order, each the indices of its examples.
    pub fn batches(&self) -> std::slice::Chunks<'_, usize> {
        self.indices.chunks(self.batch_size)
    }

    /// The indices of all batches, one after another.
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }
}

impl<'a> IntoIterator for &'a Epoch {
    type Item = &'a [usize];
    type IntoIter = std::slice::Chunks<'a, usize>;

    fn into_iter(self) -> Self::IntoIter {
        self.batches()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn batches(sampler: &Sampler, epoch: u64) -> Vec<Vec<usize>> {
        sampler.epoch(epoch).batches().map(<[usize]>::to_vec).collect()
    }

    #[test]
    fn last_batches_follow_gluon() {
        // The example in the documentation of MXNet's BatchSampler; its program for the rest.
        let sampler = Sampler::new(10, 3).unwrap();
        let full = [vec![0, 1, 2], vec![3, 4, 5], vec![6, 7, 8]];
        let keep = [&full[..], &[vec![9]]].concat();
        assert_eq!(batches(&sampler, 0), keep);
        assert_eq!(batches(&sampler, 1), keep);

        let discard = sampler.clone().with_last_batch(LastBatch::Discard);
        assert_eq!(batches(&discard, 0), full);
        assert_eq!(batches(&discard, 1), full);

        let roll_over = sampler.with_last_batch(LastBatch::RollOver);
        assert_eq!(batches(&roll_over, 0), full);
        assert_eq!(batches(&roll_over, 1), [[9, 0, 1], [2, 3, 4], [5, 6, 7]]);
        assert_eq!(batches(&roll_over, 2), [[8, 9, 0], [1, 2, 3], [4, 5, 6], [7, 8, 9]]);
        assert_eq!(batches(&roll_over, 3), full);
    }

    #[test]
    fn equal_seeds_and_epochs_give_equal_orders() {
        let sampler = Sampler::new(100, 100).unwrap().shuffled(7);
        assert_eq!(sampler.epoch(3), sampler.clone().epoch(3));
        assert_ne!(sampler.epoch(3), sampler.epoch(4));
        assert_ne!(sampler.epoch(3), sampler.clone().shuffled(8).epoch(3));
        // Recorded: a saved training run must resume in the same order in every later version.
        let sampler = Sampler::new(8, 8).unwrap().shuffled(7);
        assert_eq!(sampler.epoch(3).indices(), [2, 3, 1, 7, 0, 4, 6, 5]);
    }

    #[test]
    fn extreme_sizes_neither_overflow_nor_run_on() {
        let none = Sampler::new(0, 3).unwrap().with_last_batch(LastBatch::RollOver).shuffled(1);
        assert_eq!(none.epoch(u64::MAX).batches().len(), 0);
        let huge = Sampler::new(2, usize::MAX).unwrap();
        assert_eq!(huge.epoch(0).indices(), [0, 1]);
        let huge = huge.with_last_batch(LastBatch::RollOver);
        assert_eq!(huge.epoch(u64::MAX / 4).batches().len(), 0);
        assert_eq!(Sampler::new(usize::MAX, 1).unwrap().n_batches(u64::MAX), usize::MAX);
        assert!(Sampler::new(3, 0).is_err());
    }

    proptest! {
        /// Against Gluon's own program, which keeps the remainder from epoch to epoch.
        #[test]
        fn roll_over_follows_the_stateful_program(
            len in 0usize..20,
            batch_size in 1usize..30,
            seed in prop::option::of(0u64..100),
        ) {
            let mut sampler = Sampler::new(len, batch_size).unwrap();
            sampler.seed = seed;
            let roll_over = sampler.clone().with_last_batch(LastBatch::RollOver);
            let mut batch = Vec::new();
            for epoch in 0..10 {
                let mut expected = Vec::new();
                for index in sampler.order(epoch) {
                    batch.push(index);
                    if batch.len() == batch_size {
                        expected.push(std::mem::take(&mut batch));
                    }
                }
                prop_assert_eq!(roll_over.n_batches(epoch), expected.len());
                prop_assert_eq!(batches(&roll_over, epoch), expected);
            }
        }

        #[test]
        fn every_example_comes_once(len in 0usize..50, batch_size in 1usize..20, seed: u64) {
            let sampler = Sampler::new(len, batch_size).unwrap().shuffled(seed);
            let epoch = sampler.epoch(0);
            prop_assert_eq!(epoch.batches().len(), sampler.n_batches(0));
            let mut seen = epoch.indices().to_vec();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..len).collect::<Vec<_>>());
        }
    }
}
