//! Classes: what predictions and labels say.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::index_below;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// The classes that are predicted and those that are right, one pair a sample.
pub(super) struct Classes {
    pub(super) predicted: Vec<usize>,
    pub(super) labels: Vec<usize>,
    /// How many classes there are.
    pub(super) count: usize,
}

impl Classes {
    /// The likeliest class of each row of scores, of equal ones the first; or, where there are as
    /// many predictions as labels, class 1 of a probability above a half, else 0.
    pub(super) fn of(op: &'static str, prediction: &Tensor, label: &Tensor) -> Result<Classes> {
        if prediction.size() == label.size() {
            let p = prediction.to_dtype(DType::F64).to_vec::<f64>()?;
            let predicted = p.into_iter().map(|p| usize::from(p > 0.5)).collect();
            return Ok(Classes { predicted, labels: labels(op, label, 2)?, count: 2 });
        }
        let (count, labels) = rows(op, prediction, label)?;
        let scores = match prediction.dtype().computes() {
            true => prediction.detach(),
            false => prediction.to_dtype(DType::F64),
        };
        let predicted = scores.argmax(-1)?.to_vec::<i64>()?;
        let predicted = predicted.into_iter().map(|class| class as usize).collect();
        Ok(Classes { predicted, labels, count })
    }

    /// Predicted and right class of each sample.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        self.predicted.iter().copied().zip(self.labels.iter().copied())
    }
}

/// The number of classes that rows of scores are over, and the label of each row.
pub(super) fn rows(
    op: &'static str,
    prediction: &Tensor,
    label: &Tensor,
) -> Result<(usize, Vec<usize>)> {
    let Some((&count, rows)) = prediction.shape().split_last() else {
        let expected = "an axis of classes";
        return Err(Error::BadShape { op, expected, found: *prediction.shape() });
    };
    if Shape::new(rows).size() != label.size() {
        return Err(Error::ShapeMismatch { op, lhs: *prediction.shape(), rhs: *label.shape() });
    }
    Ok((count, labels(op, label, count)?))
}

/// Labels as classes below `bound`.
pub(super) fn labels(op: &'static str, label: &Tensor, bound: usize) -> Result<Vec<usize>> {
    let labels = label.to_dtype(DType::F64).to_vec::<f64>()?;
    let class = |(position, label)| index_below(op, label, bound, position);
    labels.into_iter().enumerate().map(class).collect()
}
