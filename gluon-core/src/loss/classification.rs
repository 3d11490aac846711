//! Losses of classes.

use super::{Loss, like, per_sample};
use crate::error::Result;
use crate::tensor::Tensor;

/// Cross-entropy of the softmax of the predictions, from logits:
/// `-weight · log softmax(prediction)[label]`.
///
/// # Shapes
/// `prediction: [batch, .., classes]`. Sparse labels: the class of each sample, as any numeric
/// type, `[batch, ..]`; dense ones: a probability of each class, `[batch, .., classes]`.
/// → `[batch]`, the mean over the axes between.
///
/// # Errors
/// [`Error::IndexOutOfRange`](crate::Error::IndexOutOfRange) if a sparse label is not a class:
/// Gluon clips it silently.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SoftmaxCrossEntropyLoss {
    /// The factor on the loss; 1 by default.
    pub weight: f64,
    /// Whether labels are classes, not probabilities; true by default.
    pub sparse_label: bool,
    /// Whether predictions are log-probabilities already; false by default.
    pub from_logits: bool,
}

impl Default for SoftmaxCrossEntropyLoss {
    fn default() -> SoftmaxCrossEntropyLoss {
        SoftmaxCrossEntropyLoss { weight: 1.0, sparse_label: true, from_logits: false }
    }
}

impl Loss for SoftmaxCrossEntropyLoss {
    fn forward(&self, prediction: &Tensor, label: &Tensor) -> Result<Tensor> {
        let loss = match (self.sparse_label, self.from_logits) {
            (true, false) => prediction.softmax_cross_entropy(label)?,
            (true, true) => prediction.pick(label)?.neg()?,
            (false, false) => {
                prediction.softmax_cross_entropy_dense(&like(NAME, label, prediction)?)?
            }
            (false, true) => {
                let label = like(NAME, label, prediction)?;
                prediction.mul(&label)?.sum_axes(&[-1], false)?.neg()?
            }
        };
        per_sample(&loss, self.weight)
    }
}

const NAME: &str = "SoftmaxCrossEntropyLoss";
