//! Positions of extremes.

use super::integer;
use super::layout::{around, resolve_axis};
use crate::buffer::for_float;
use crate::error::{Error, Result};
use crate::kernel::reduce::{self, Extreme};
use crate::tensor::Tensor;

fn arg(op: &'static str, extreme: Extreme, x: &Tensor, axis: isize) -> Result<Tensor> {
    let axis = resolve_axis(op, axis, x.shape())?;
    let sizes = around(axis, x.shape());
    if sizes[1] == 0 {
        let expected = "at least one element along the axis";
        return Err(Error::BadShape { op, expected, found: *x.shape() });
    }
    let shape = x.shape().without(axis);
    if !x.dtype().is_float() {
        let fill = |out: &mut [i64]| integer::arg(extreme, x, sizes, out);
        return Ok(Tensor::build::<i64>(shape, x.device(), fill));
    }
    let x = x.to_contiguous();
    for_float!(x, op, T => {
        let xs = x.as_contiguous::<T>().unwrap_or_default();
        Ok(Tensor::build::<i64>(shape, x.device(), |out| {
            reduce::arg_extreme(extreme, xs, sizes, out);
        }))
    })
}

impl Tensor {
    /// The index of the largest element along `axis`, the first of equals, as `int64`.
    ///
    /// # Errors
    /// [`Error::BadAxis`] if there is no such axis, [`Error::BadShape`] if it is empty,
    /// [`Error::BadDType`] if the elements are floats of 16 bits.
    pub fn argmax(&self, axis: isize) -> Result<Tensor> {
        arg("argmax", Extreme::Max, self, axis)
    }

    /// The index of the smallest element along `axis`, as [`argmax`](Tensor::argmax).
    ///
    /// # Errors
    /// As for [`argmax`](Tensor::argmax).
    pub fn argmin(&self, axis: isize) -> Result<Tensor> {
        arg("argmin", Extreme::Min, self, axis)
    }
}
