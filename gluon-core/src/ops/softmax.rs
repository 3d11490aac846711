//! Softmax over the last axis, and its logarithm.

use crate::autograd::record_op;
use crate::buffer::for_float;
use crate::error::{Error, Result};
use crate::kernel::softmax;
use crate::tensor::Tensor;

/// The size of the last axis.
pub(super) fn columns(op: &'static str, x: &Tensor) -> Result<usize> {
    let bad = || {
        let expected = "at least one axis";
        Error::BadShape { op, expected, found: *x.shape() }
    };
    x.shape().last().copied().ok_or_else(bad)
}

impl Tensor {
    /// `eˣ / Σ eˣ` over the last axis, stable for large elements.
    ///
    /// # Errors
    /// [`Error::BadShape`] for a scalar, [`Error::BadDType`] unless the elements are floats.
    pub fn softmax(&self) -> Result<Tensor> {
        let op = "softmax";
        let columns = columns(op, self)?;
        let x = self.contiguous();
        for_float!(x, op, T => {
            let xs = x.as_contiguous::<T>().unwrap_or_default();
            let y = Tensor::build::<T>(*x.shape(), x.device(), |y| softmax::softmax(xs, columns, y));
            record_op(op, [self], y, |y| {
                let y = y.detach();
                move |dy, gradients| {
                    let [ys, dy] = Tensor::slices::<T, _>([&y, dy]);
                    gradients.write::<T>(0, &y, |dx, accumulate| {
                        softmax::softmax_grad(ys, dy, columns, dx, accumulate);
                    })
                }
            })
        })
    }

    /// `ln Σ eˣ` over the last axis, which disappears; stable for large elements.
    ///
    /// # Errors
    /// As for [`softmax`](Tensor::softmax).
    pub fn log_sum_exp(&self) -> Result<Tensor> {
        let op = "log_sum_exp";
        let columns = columns(op, self)?;
        let x = self.contiguous();
        let shape = self.shape().without(self.rank() - 1);
        let y = for_float!(x, op, T => {
            let xs = x.as_contiguous::<T>().unwrap_or_default();
            Ok(Tensor::build::<T>(shape, x.device(), |y| softmax::log_sum_exp(xs, columns, y)))
        })?;
        record_op(op, [self], y, |_| {
            let x = x.detach();
            move |dy, gradients| gradients.add(0, x.softmax()?.mul(&dy.expand_dims(-1)?)?)
        })
    }

    /// The logarithm of [`softmax`](Tensor::softmax), exact also where that is near 0.
    ///
    /// # Errors
    /// As for [`softmax`](Tensor::softmax).
    pub fn log_softmax(&self) -> Result<Tensor> {
        let op = "log_softmax";
        let columns = columns(op, self)?;
        let x = self.contiguous();
        for_float!(x, op, T => {
            let xs = x.as_contiguous::<T>().unwrap_or_default();
            let write = |y: &mut [T]| softmax::log_softmax(xs, columns, y);
            let y = Tensor::build::<T>(*x.shape(), x.device(), write);
            record_op(op, [self], y, |y| {
                let y = y.detach();
                move |dy, gradients| {
                    let [ys, dy] = Tensor::slices::<T, _>([&y, dy]);
                    gradients.write::<T>(0, &y, |dx, accumulate| {
                        softmax::log_softmax_grad(ys, dy, columns, dx, accumulate);
                    })
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
    fn rows_sum_to_one_and_large_elements_do_no_harm() {
        let x = Tensor::from([[1000.0f32, 1000.0], [-1000.0, 0.0]]);
        assert_eq!(x.softmax().unwrap(), Tensor::from([[0.5f32, 0.5], [0.0, 1.0]]));
        let ln = 0.5f32.ln();
        assert_eq!(x.log_softmax().unwrap(), Tensor::from([[ln, ln], [-1000.0, 0.0]]));
    }

    #[test]
    fn values_match_the_definition() {
        let x = [0.3f64, -1.2, 2.5];
        let sum: f64 = x.iter().map(|x| x.exp()).sum();
        let y = Tensor::from(x).softmax().unwrap().to_vec::<f64>().unwrap();
        let z = Tensor::from(x).log_softmax().unwrap().to_vec::<f64>().unwrap();
        for ((x, y), z) in x.iter().zip(y).zip(z) {
            assert!((y - x.exp() / sum).abs() < 1e-15);
            assert!((z - (x - sum.ln())).abs() < 1e-15);
        }
    }

    #[test]
    fn gradients_match_difference_quotients() {
        let x = Tensor::from([[0.3, -1.2, 2.5], [1.1, 0.9, -0.4]]);
        for op in [Tensor::softmax, Tensor::log_softmax, Tensor::log_sum_exp] {
            assert!(
                check::gradients(|v| op(&v[0]), std::slice::from_ref(&x), 1e-5).unwrap() < 1e-9
            );
            let columns =
                check::gradients(|v| op(&v[0].transpose()?), std::slice::from_ref(&x), 1e-5);
            assert!(columns.unwrap() < 1e-9);
        }
    }
}
