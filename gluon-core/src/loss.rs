//! Losses: how far predictions are from labels, one number per sample.
//!
//! As in Gluon, a loss is averaged over all axes but the batch axis, so its sum's gradient divided
//! by the batch size is that of the mean; [`Trainer::step`](crate::train::Trainer::step) does the
//! division.

mod classification;
mod regression;

pub use classification::SoftmaxCrossEntropyLoss;
pub use regression::{L1Loss, L2Loss};

use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// A measure of the distance between predictions and labels.
pub trait Loss {
    /// The loss of each sample: `[batch]`.
    ///
    /// # Errors
    /// If shapes or labels do not fit.
    fn forward(&self, prediction: &Tensor, label: &Tensor) -> Result<Tensor>;
}

/// The mean over all axes but the first, times `weight`.
fn per_sample(loss: &Tensor, weight: f64) -> Result<Tensor> {
    let loss = if weight == 1.0 { loss.clone() } else { loss.mul(weight)? };
    if loss.rank() <= 1 { Ok(loss) } else { loss.flatten()?.mean_axes(&[1], false) }
}

/// The label in the shape and type of the prediction.
fn like(op: &'static str, label: &Tensor, prediction: &Tensor) -> Result<Tensor> {
    if label.size() != prediction.size() {
        return Err(Error::ShapeMismatch { op, lhs: *prediction.shape(), rhs: *label.shape() });
    }
    let label = if label.dtype() == prediction.dtype() {
        label.clone()
    } else {
        label.to_dtype(prediction.dtype())
    };
    if label.shape() == prediction.shape() { Ok(label) } else { label.reshape(*prediction.shape()) }
}
