//! Printing tensors.

use std::fmt;

use super::Tensor;
use crate::buffer::for_dtype;

/// The values as nested rows, then the shape, type and device; a precision applies to each value.
///
/// ```
/// # use gluon_core::Tensor;
/// let x = Tensor::from([[1.0f32, 2.5], [3.0, 4.0]]);
/// assert_eq!(x.to_string(), "[[1, 2.5],\n [3, 4]]\n<Tensor (2, 2) float32 @cpu(0)>");
/// assert_eq!(format!("{x:.1}").lines().next(), Some("[[1.0, 2.5],"));
/// ```
impl fmt::Display for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for_dtype!(self.dtype(), T => {
            if let Ok(view) = self.view::<T>() {
                fmt::Display::fmt(&view, f)?;
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
