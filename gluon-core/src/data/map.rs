//! Maps: data sets whose samples are changed on the way.

use std::fmt;

use super::{Dataset, Stack};
use crate::error::Result;

/// A data set whose samples pass through a function, each time that they are asked for.
///
/// Made by [`Dataset::map`].
#[derive(Clone)]
pub struct Map<D, F> {
    dataset: D,
    function: F,
}

impl<D, F> Map<D, F> {
    pub(super) fn new(dataset: D, function: F) -> Map<D, F> {
        Map { dataset, function }
    }

    /// The samples as they were.
    pub fn dataset(&self) -> &D {
        &self.dataset
    }
}

impl<D: Dataset, S: Stack, F: Fn(D::Sample) -> Result<S>> Dataset for Map<D, F> {
    type Sample = S;

    fn len(&self) -> usize {
        self.dataset.len()
    }

    fn get(&self, index: usize) -> Result<S> {
        (self.function)(self.dataset.get(index)?)
    }
}

impl<D: fmt::Debug, F> fmt::Debug for Map<D, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map").field("dataset", &self.dataset).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ArrayDataset;
    use crate::error::Error;
    use crate::tensor::Tensor;

    #[test]
    fn every_sample_passes_through_the_function() {
        let all = ArrayDataset::new(Tensor::arange(6), Tensor::arange(6)).unwrap();
        let halves = all.split(3, 0).unwrap().0.map(|(x, y)| Ok((x.mul(2.0)?, y, 7u8)));
        assert_eq!(halves.len(), 3);
        let (x, y, seven) = halves.batch(&[0, 2]).unwrap();
        assert_eq!(x, y.mul(2.0).unwrap());
        assert_eq!(seven, Tensor::from([7u8, 7]));
        let fails = all.map(|_| Err::<u8, _>(Error::NoGradient));
        assert!(matches!(fails.batch(&[1]), Err(Error::NoGradient)));
    }
}
