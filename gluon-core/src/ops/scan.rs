//! Running sums and products.

use super::integer;
use super::layout::{around, resolve_axis};
use crate::autograd::record_op;
use crate::buffer::for_float;
use crate::error::Result;
use crate::kernel::reduce::Reduce;
use crate::kernel::scan;
use crate::tensor::Tensor;

fn running_sum(op: &'static str, x: &Tensor, axis: usize, backwards: bool) -> Result<Tensor> {
    let sizes = around(axis, x.shape());
    let x = x.contiguous();
    for_float!(x, op, T => {
        let xs = x.as_contiguous::<T>().unwrap_or_default();
        Ok(Tensor::build::<T>(*x.shape(), x.device(), |y| scan::cumsum(xs, sizes, backwards, y)))
    })
}

impl Tensor {
    /// The sum of each element and all before it along `axis`.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Tensor;
    /// let x = Tensor::from([[1.0f32, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(x.cumsum(1)?, Tensor::from([[1.0f32, 3.0, 6.0], [4.0, 9.0, 15.0]]));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::BadAxis`](crate::Error::BadAxis) if there is no such axis, otherwise as for
    /// [`sum`](Tensor::sum).
    pub fn cumsum(&self, axis: isize) -> Result<Tensor> {
        let op = "cumsum";
        let axis = resolve_axis(op, axis, self.shape())?;
        if !self.dtype().is_float() {
            return integer::scan(op, Reduce::Sum, self, around(axis, self.shape()));
        }
        record_op(op, [self], running_sum(op, self, axis, false)?, |_| {
            move |dy, gradients| gradients.add(0, running_sum(op, dy, axis, true)?)
        })
    }

    /// The product of each element and all before it along `axis`. The gradient is exact also where
    /// elements are 0.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Tensor;
    /// let x = Tensor::from([[1.0f32, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(x.cumprod(1)?, Tensor::from([[1.0f32, 2.0, 6.0], [4.0, 20.0, 120.0]]));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`cumsum`](Tensor::cumsum).
    pub fn cumprod(&self, axis: isize) -> Result<Tensor> {
        let op = "cumprod";
        let axis = resolve_axis(op, axis, self.shape())?;
        let sizes = around(axis, self.shape());
        if !self.dtype().is_float() {
            return integer::scan(op, Reduce::Prod, self, sizes);
        }
        let x = self.to_contiguous();
        for_float!(x, op, T => {
            let xs = x.as_contiguous::<T>().unwrap_or_default();
            let y = Tensor::build::<T>(*x.shape(), x.device(), |y| scan::cumprod(xs, sizes, y));
            record_op(op, [self], y, |_| {
                let x = x.clone();
                move |dy, gradients| {
                    let xs = x.as_contiguous::<T>().unwrap_or_default();
                    let dys = dy.as_contiguous::<T>().unwrap_or_default();
                    gradients.add(0, Tensor::build::<T>(*x.shape(), x.device(), |dx| {
                        scan::cumprod_gradient(xs, dys, sizes, dx);
                    }))
                }
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::check;

    #[test]
    fn sums_and_products_run_along_any_axis_of_any_layout() {
        let x = Tensor::from([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]);
        let last = Tensor::from([[[1.0, 3.0], [3.0, 7.0]], [[5.0, 11.0], [7.0, 15.0]]]);
        assert_eq!(x.cumsum(-1).unwrap(), last);
        let turned = x.transpose().unwrap().cumsum(1).unwrap();
        assert_eq!(turned, last.transpose().unwrap());
        let first = Tensor::from([[[1.0, 2.0], [3.0, 4.0]], [[6.0, 8.0], [10.0, 12.0]]]);
        assert_eq!(x.cumsum(0).unwrap(), first);
        let products = Tensor::from([[[1.0, 2.0], [3.0, 8.0]], [[5.0, 6.0], [35.0, 48.0]]]);
        assert_eq!(x.cumprod(1).unwrap(), products);
        let turned = x.transpose().unwrap().cumprod(-1).unwrap();
        assert_eq!(turned, products.transpose().unwrap());
        let ones = Tensor::from(1.0f32).broadcast_to([3]).unwrap();
        assert_eq!(ones.cumsum(0).unwrap(), Tensor::from([1.0f32, 2.0, 3.0]));
        for shape in [[0, 3], [3, 0]] {
            assert_eq!(Tensor::zeros(shape).cumsum(0).unwrap(), Tensor::zeros(shape));
            assert_eq!(Tensor::zeros(shape).cumprod(0).unwrap(), Tensor::zeros(shape));
        }
    }

    #[test]
    fn what_cannot_be_summed_is_named() {
        let error = Tensor::from(1.0).cumsum(0).unwrap_err().to_string();
        assert_eq!(error, "`cumsum` expected no axis, found 0 for shape ()");
        let half = Tensor::from([1.0f32]).to_dtype(crate::DType::F16);
        let error = half.cumsum(0).unwrap_err().to_string();
        assert!(
            error.starts_with("`cumsum` expected float32 or float64, found float16"),
            "{error}"
        );
    }

    #[test]
    fn gradients_match_difference_quotients() {
        let x = Tensor::from([[0.3, -1.2, 2.5], [1.1, 0.9, -0.4]]);
        for axis in [0, 1] {
            let sums = |v: &[Tensor]| v[0].transpose()?.cumsum(axis)?.square();
            let error = check::gradients(sums, std::slice::from_ref(&x), 1e-5).unwrap();
            assert!(error < 1e-8, "{error}");
        }
    }

    #[test]
    fn gradients_of_products_match_difference_quotients_beside_zeros_too() {
        let x = Tensor::from([
            [0.3, -1.2, 2.5, 0.7],
            [0.0, 0.9, -0.4, 2.0],
            [1.5, 0.0, 0.8, 0.0],
            [0.6, -1.1, 0.0, 0.0],
        ]);
        for axis in [0, 1] {
            let products = |v: &[Tensor]| v[0].transpose()?.cumprod(axis)?.add(0.5)?.square();
            let error = check::gradients(products, std::slice::from_ref(&x), 1e-5).unwrap();
            assert!(error < 1e-8, "{error}");
        }
    }
}
