//! Printing tensors.

use std::fmt;

use super::Tensor;
use crate::dtype::{DType, Element};

/// The values as nested rows, then the shape, type and device; a precision applies to floats.
///
/// ```
/// # use gluon_core as gluon;
/// # use gluon::Tensor;
/// let x = Tensor::from([[1.0f32, 2.5], [3.0, 4.0]]);
/// assert_eq!(x.to_string(), "[[1, 2.5],\n [3, 4]]\n<Tensor (2, 2) float32 @cpu(0)>");
/// assert_eq!(format!("{x:.1}").lines().next(), Some("[[1.0, 2.5],"));
/// ```
impl fmt::Display for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Types that print alike are printed as one.
        let shown = match self.dtype() {
            DType::F16 | DType::BF16 => self.to_dtype(DType::F32),
            DType::I8 | DType::I16 | DType::I32 => self.to_dtype(DType::I64),
            DType::U8 | DType::U16 | DType::U32 => self.to_dtype(DType::U64),
            _ => self.detach(),
        };
        match shown.dtype() {
            DType::F32 => print::<f32>(&shown, f)?,
            DType::F64 => print::<f64>(&shown, f)?,
            DType::I64 => print::<i64>(&shown, f)?,
            DType::U64 => print::<u64>(&shown, f)?,
            _ => print::<bool>(&shown, f)?,
        }
        write!(f, "\n<Tensor {} {} @{}>", self.shape(), self.dtype(), self.device())
    }
}

fn print<T: Element>(tensor: &Tensor, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    tensor.view::<T>().map_or(Ok(()), |view| fmt::Display::fmt(&view, f))
}

/// As [`Display`](fmt::Display), so that an assertion that fails shows the values.
impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
