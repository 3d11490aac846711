//! Losses of numbers.

use super::{Loss, like, per_sample};
use crate::error::Result;
use crate::tensor::Tensor;

/// Half the squared difference: `weight / 2 · (label - prediction)²`.
///
/// # Shapes
/// `prediction: [batch, ..]`, `label`: as many elements → `[batch]`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct L2Loss {
    /// The factor on the loss; 1 by default.
    pub weight: f64,
}

/// The absolute difference: `weight · |label - prediction|`.
///
/// # Shapes
/// `prediction: [batch, ..]`, `label`: as many elements → `[batch]`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct L1Loss {
    /// The factor on the loss; 1 by default.
    pub weight: f64,
}

impl Default for L2Loss {
    fn default() -> L2Loss {
        L2Loss { weight: 1.0 }
    }
}

impl Default for L1Loss {
    fn default() -> L1Loss {
        L1Loss { weight: 1.0 }
    }
}

impl Loss for L2Loss {
    fn forward(&self, prediction: &Tensor, label: &Tensor) -> Result<Tensor> {
        let difference = like("L2Loss", label, prediction)?.sub(prediction)?;
        per_sample(&difference.square()?, self.weight / 2.0)
    }
}

impl Loss for L1Loss {
    fn forward(&self, prediction: &Tensor, label: &Tensor) -> Result<Tensor> {
        let difference = like("L1Loss", label, prediction)?.sub(prediction)?;
        per_sample(&difference.abs()?, self.weight)
    }
}
