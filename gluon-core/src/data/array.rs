//! Array datasets: samples in memory.

use super::Dataset;
use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// Features and labels in memory: the rows of two tensors.
///
/// Cloning shares the tensors.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Tensor, data::{ArrayDataset, Dataset}};
///
/// let x = Tensor::from([[1.0f32, 2.0], [3.0, 4.0], [5.0, 6.0]]);
/// let data = ArrayDataset::new(x, Tensor::from([0u8, 1, 0]))?;
/// let (x, y) = data.batch(&[2, 0])?;
/// assert_eq!(x, Tensor::from([[5.0f32, 6.0], [1.0, 2.0]]));
/// assert_eq!(y, Tensor::from([0u8, 0]));
/// # Ok::<(), gluon::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ArrayDataset {
    features: Tensor,
    labels: Tensor,
}

impl ArrayDataset {
    /// The samples whose features and labels are the rows (slices of the first axis) of two
    /// tensors. What they are computed from is forgotten: no gradient leads there.
    ///
    /// # Shapes
    /// `features: [samples, ..]`, `labels: [samples, ..]`
    ///
    /// # Errors
    /// [`Error::BadShape`] of a scalar, [`Error::ShapeMismatch`] if one has more rows.
    pub fn new(features: Tensor, labels: Tensor) -> Result<ArrayDataset> {
        let op = "ArrayDataset::new";
        for tensor in [&features, &labels] {
            if tensor.rank() == 0 {
                let (expected, found) = ("at least one axis", *tensor.shape());
                return Err(Error::BadShape { op, expected, found });
            }
        }
        if features.shape()[0] != labels.shape()[0] {
            let (lhs, rhs) = (*features.shape(), *labels.shape());
            return Err(Error::ShapeMismatch { op, lhs, rhs });
        }
        Ok(ArrayDataset { features: features.to_contiguous(), labels: labels.to_contiguous() })
    }

    /// The features of all samples: `[samples, ..]`.
    pub fn features(&self) -> &Tensor {
        &self.features
    }

    /// The labels of all samples: `[samples, ..]`.
    pub fn labels(&self) -> &Tensor {
        &self.labels
    }
}

impl Dataset for ArrayDataset {
    type Sample = (Tensor, Tensor);

    fn len(&self) -> usize {
        self.features.shape()[0]
    }

    /// The rows at `index`, without copying them.
    fn get(&self, index: usize) -> Result<(Tensor, Tensor)> {
        if index >= self.len() {
            let (op, bound) = ("ArrayDataset::get", self.len());
            return Err(Error::IndexOutOfRange { op, index: index as f64, bound, position: 0 });
        }
        Ok((self.features.select(0, index)?, self.labels.select(0, index)?))
    }

    /// The rows at `indices`, copied once.
    fn batch(&self, indices: &[usize]) -> Result<(Tensor, Tensor)> {
        let op = "ArrayDataset::batch";
        Ok((self.features.take_rows(op, indices)?, self.labels.take_rows(op, indices)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Stack;

    #[test]
    fn features_and_labels_must_have_equal_numbers_of_rows() {
        let error = ArrayDataset::new(Tensor::zeros([3, 2]), Tensor::zeros([4])).unwrap_err();
        let expected = "`ArrayDataset::new` cannot combine shapes (3, 2) and (4,)";
        assert_eq!(error.to_string(), expected);
        assert!(ArrayDataset::new(Tensor::zeros([1]), Tensor::zeros(())).is_err());
    }

    #[test]
    fn a_batch_is_the_stack_of_its_samples() {
        let x = Tensor::arange(24).reshape([4, 3, 2]).unwrap();
        let y = x.permute(&[0, 2, 1]).unwrap();
        let data = ArrayDataset::new(x, y).unwrap();
        let indices = [3, 1, 1];
        let samples = indices.iter().map(|&index| data.get(index)).collect::<Result<_>>().unwrap();
        assert_eq!(data.batch(&indices).unwrap(), Stack::stack(samples).unwrap());
    }

    #[test]
    fn samples_out_of_range_are_errors() {
        let data = ArrayDataset::new(Tensor::zeros([3]), Tensor::zeros([3])).unwrap();
        let error = data.batch(&[0, 3]).unwrap_err().to_string();
        assert_eq!(
            error,
            "`ArrayDataset::batch` expected an index from 0 to 2, found 3 at position 1"
        );
        let error = data.get(4).unwrap_err().to_string();
        assert_eq!(
            error,
            "`ArrayDataset::get` expected an index from 0 to 2, found 4 at position 0"
        );
    }
}
