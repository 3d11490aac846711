//! Datasets: samples by index.

use std::sync::Arc;

use super::{Map, Stack, Subset};
use crate::error::{Error, Result};
use crate::random::Generator;

/// A known number of samples, each to be had by its index.
///
/// Two methods make one; a [`DataLoader`](super::DataLoader) does the rest:
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Result, Tensor, data::{DataLoader, Dataset}};
///
/// /// `x` and its square.
/// struct Squares;
///
/// impl Dataset for Squares {
///     type Sample = (Tensor, f32);
///
///     fn len(&self) -> usize {
///         100
///     }
///
///     fn get(&self, index: usize) -> Result<(Tensor, f32)> {
///         let x = index as f32;
///         Ok((Tensor::from([x]), x * x))
///     }
/// }
///
/// for batch in DataLoader::new(Squares, 25)?.shuffled(42).epoch(0) {
///     let (x, y) = batch?;
///     assert_eq!((x.shape().dims(), y.shape().dims()), (&[25, 1][..], &[25][..]));
/// }
/// # Ok::<(), gluon::Error>(())
/// ```
pub trait Dataset {
    /// One sample: a tensor, a number, or a tuple of them, such as features and label.
    type Sample: Stack;

    /// The number of samples.
    fn len(&self) -> usize;

    /// The sample at `index`, from 0.
    ///
    /// # Errors
    /// [`Error::IndexOutOfRange`] if `index` is not below [`len`](Dataset::len), or what keeps the
    /// sample from being read.
    fn get(&self, index: usize) -> Result<Self::Sample>;

    /// The samples at `indices` as one batch.
    ///
    /// Gets and stacks them one by one unless a data set knows better.
    ///
    /// # Errors
    /// As for [`get`](Dataset::get) and [`Stack::stack`].
    fn batch(&self, indices: &[usize]) -> Result<<Self::Sample as Stack>::Batch> {
        Stack::stack(indices.iter().map(|&index| self.get(index)).collect::<Result<_>>()?)
    }

    /// Whether there are no samples.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same samples, each changed by `function` whenever it is asked for.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::{DType, Tensor, data::{ArrayDataset, Dataset}};
    /// let bytes = ArrayDataset::new(Tensor::from([[0u8, 255], [51, 0]]), Tensor::from([0u8, 1]))?;
    /// let data = bytes.map(|(x, y)| Ok((x.to_dtype(DType::F32).div(255.0)?, y)));
    /// assert_eq!(data.get(1)?.0, Tensor::from([0.2f32, 0.0]));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    fn map<S: Stack, F: Fn(Self::Sample) -> Result<S>>(self, function: F) -> Map<Self, F>
    where
        Self: Sized,
    {
        Map::new(self, function)
    }

    /// `count` samples drawn at random, say to train on, and the others, say to validate with.
    ///
    /// The seed alone decides which; in both parts they keep their order. Nothing is copied but
    /// the handle that `self` is.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::{Tensor, data::{ArrayDataset, Dataset}};
    /// let all = ArrayDataset::new(Tensor::zeros([50, 3]), Tensor::zeros([50]))?;
    /// let (training, validation) = all.split(40, 42)?;
    /// assert_eq!((training.len(), validation.len()), (40, 10));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::BadArgument`] if there are fewer than `count`.
    fn split(&self, count: usize, seed: u64) -> Result<(Subset<Self>, Subset<Self>)>
    where
        Self: Clone,
    {
        if count > self.len() {
            return Err(Error::BadArgument {
                op: "split",
                argument: "count",
                expected: "at most the number of samples",
                found: format!("{count} of {}", self.len()),
            });
        }
        let mut first: Vec<usize> = (0..self.len()).collect();
        Generator::for_name(seed, "split").shuffle(&mut first);
        let mut rest = first.split_off(count);
        first.sort_unstable();
        rest.sort_unstable();
        Ok((Subset::new(self.clone(), first)?, Subset::new(self.clone(), rest)?))
    }
}

macro_rules! behind_pointer {
    ($($pointer:ty)*) => {$(
        impl<D: Dataset + ?Sized> Dataset for $pointer {
            type Sample = D::Sample;

            fn len(&self) -> usize {
                (**self).len()
            }

            fn get(&self, index: usize) -> Result<Self::Sample> {
                (**self).get(index)
            }

            fn batch(&self, indices: &[usize]) -> Result<<Self::Sample as Stack>::Batch> {
                (**self).batch(indices)
            }
        }
    )*};
}

behind_pointer! { &D Box<D> Arc<D> }
