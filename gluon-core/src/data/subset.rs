//! Subsets: some of the samples of a data set.

use super::{Dataset, Stack};
use crate::error::{Error, Result};

/// Some samples of a data set, in an order of their own.
#[derive(Clone, Debug)]
pub struct Subset<D> {
    dataset: D,
    indices: Vec<usize>,
}

impl<D: Dataset> Subset<D> {
    /// The samples of `dataset` at `indices`, which may repeat.
    ///
    /// # Errors
    /// [`Error::IndexOutOfRange`] if one is not a sample.
    pub fn new(dataset: D, indices: Vec<usize>) -> Result<Subset<D>> {
        let bound = dataset.len();
        match indices.iter().position(|&index| index >= bound) {
            Some(position) => Err(out_of_range("Subset::new", indices[position], bound, position)),
            None => Ok(Subset { dataset, indices }),
        }
    }

    /// Where the samples stand in the data set they come from.
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }

    fn outer(&self, index: usize, position: usize) -> Result<usize> {
        let bound = self.indices.len();
        let outer = self.indices.get(index).copied();
        outer.ok_or_else(|| out_of_range("Subset", index, bound, position))
    }
}

fn out_of_range(op: &'static str, index: usize, bound: usize, position: usize) -> Error {
    Error::IndexOutOfRange { op, index: index as f64, bound, position }
}

impl<D: Dataset> Dataset for Subset<D> {
    type Sample = D::Sample;

    fn len(&self) -> usize {
        self.indices.len()
    }

    fn get(&self, index: usize) -> Result<D::Sample> {
        self.dataset.get(self.outer(index, 0)?)
    }

    fn batch(&self, indices: &[usize]) -> Result<<D::Sample as Stack>::Batch> {
        let outer = indices.iter().enumerate().map(|(position, &i)| self.outer(i, position));
        self.dataset.batch(&outer.collect::<Result<Vec<_>>>()?)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::data::ArrayDataset;
    use crate::tensor::Tensor;

    fn numbers(n: usize) -> ArrayDataset {
        ArrayDataset::new(Tensor::arange(n), Tensor::arange(n)).unwrap()
    }

    #[test]
    fn samples_may_stand_behind_a_pointer_of_any_kind() {
        type Numbers = dyn Dataset<Sample = (Tensor, Tensor)> + Send + Sync;
        let shared: Arc<Numbers> = Arc::new(numbers(4));
        let (training, validation) = shared.split(3, 1).unwrap();
        let chosen: [Box<Numbers>; 2] = [Box::new(training), Box::new(validation)];
        assert_eq!(chosen.map(|part| part.batch(&[0]).unwrap().0.size()), [1, 1]);
    }

    #[test]
    fn the_parts_of_a_split_hold_every_sample_once_and_depend_on_the_seed_alone() {
        let all = numbers(50);
        let (training, validation) = all.split(40, 1).unwrap();
        let mut together = [training.indices(), validation.indices()].concat();
        assert_ne!(together, (0..50).collect::<Vec<_>>());
        together.sort_unstable();
        assert_eq!(together, (0..50).collect::<Vec<_>>());
        assert!(training.indices().is_sorted() && validation.indices().is_sorted());

        assert_eq!(all.split(40, 1).unwrap().1.indices(), validation.indices());
        assert_ne!(all.split(40, 2).unwrap().1.indices(), validation.indices());
        let (x, _) = validation.batch(&[3, 0]).unwrap();
        let expected = [3, 0].map(|i| validation.indices()[i] as f32);
        assert_eq!(x, Tensor::from(expected));
    }

    #[test]
    fn samples_that_are_not_there_are_errors() {
        let error = numbers(3).split(4, 0).unwrap_err().to_string();
        assert_eq!(
            error,
            "`split` expected `count` to be at most the number of samples, found 4 of 3"
        );
        let error = Subset::new(numbers(3), vec![1, 3]).unwrap_err().to_string();
        assert_eq!(error, "`Subset::new` expected an index from 0 to 2, found 3 at position 1");
        let subset = Subset::new(numbers(3), vec![2, 2]).unwrap();
        assert!(subset.get(2).is_err() && subset.batch(&[0, 2]).is_err());
    }
}
