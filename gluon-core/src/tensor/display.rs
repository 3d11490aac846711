//! Printing tensors.

use std::fmt;

use super::Tensor;
use crate::buffer::for_dtype;

/// The values as nested rows, then the shape, type and device:
///
/// ```
/// # use gluon_core::Tensor;
/// let text = Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]).to_string();
/// assert_eq!(text, "[[1.0, 2.0],\n [3.0, 4.0]]\n<Tensor (2, 2) float32 @cpu(0)>");
/// ```
impl fmt::Display for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for_dtype!(self.dtype(), T => {
            if let Ok(view) = self.view::<T>() {
                write!(f, "{view:?}").map_or(Err(fmt::Error), Ok)?;
            }
        });
        write!(f, "\n<Tensor {} {} @{}>", self.shape(), self.dtype(), self.device())
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Tensor {} {} @{}>", self.shape(), self.dtype(), self.device())
    }
}
