//! Softmax and cross-entropy in one pass.

use super::index::classes;
use super::softmax::columns;
use crate::autograd::record_op;
use crate::buffer::for_float;
use crate::error::{Error, Result};
use crate::kernel::softmax;
use crate::tensor::Tensor;

impl Tensor {
    /// `-log softmax(self)[label]` over the last axis, for the class of each row.
    ///
    /// The gradient is `softmax(self) - onehot(label)`.
    ///
    /// # Shapes
    /// `self: [.., classes]`, `label: [..]` of any numeric type → `[..]`
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if there is not one label a row,
    /// [`Error::IndexOutOfRange`] if one is not a class.
    pub fn softmax_cross_entropy(&self, label: &Tensor) -> Result<Tensor> {
        let op = "softmax_cross_entropy";
        let columns = columns(op, self)?;
        let shape = self.shape().without(self.rank() - 1);
        let labels = classes(op, self, label, columns)?;
        let x = self.contiguous();
        for_float!(x, op, T => {
            let ([xs], [ls]) = (Tensor::slices::<T, _>([&*x]), Tensor::slices([&labels]));
            let [p, loss] = Tensor::build_two([x.shape(), &shape], x.device(), |p, loss| {
                softmax::cross_entropy(xs, ls, columns, p, loss);
            });
            record_op(op, [self], loss, |_| {
                move |dloss, gradients| {
                    let [ps, dloss] = Tensor::slices::<T, _>([&p, dloss]);
                    let [ls] = Tensor::slices([&labels]);
                    gradients.write::<T>(0, &p, |dx, accumulate| {
                        softmax::cross_entropy_grad(ps, ls, dloss, columns, dx, accumulate);
                    })
                }
            })
        })
    }

    /// `-Σ target · log softmax(self)` over the last axis, for the probabilities of each class.
    ///
    /// The gradient is `softmax(self) · Σ target - target`, that of `target`
    /// `-log softmax(self)`.
    ///
    /// # Shapes
    /// `self: [.., classes]`, `target: [.., classes]` → `[..]`
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if the shapes differ.
    pub fn softmax_cross_entropy_dense(&self, target: &Tensor) -> Result<Tensor> {
        let op = "softmax_cross_entropy_dense";
        let columns = columns(op, self)?;
        if self.shape() != target.shape() {
            return Err(Error::ShapeMismatch { op, lhs: *self.shape(), rhs: *target.shape() });
        }
        let shape = self.shape().without(self.rank() - 1);
        let x = self.contiguous();
        let input = target;
        let target = input.to_dtype(x.dtype()).to_contiguous();
        for_float!(x, op, T => {
            let [xs, ts] = Tensor::slices::<T, _>([&*x, &target]);
            let [p, loss] = Tensor::build_two([x.shape(), &shape], x.device(), |p, loss| {
                softmax::cross_entropy_dense(xs, ts, columns, p, loss);
            });
            record_op(op, [self, input], loss, |_| {
                // Kept only where the gradient of the target is of use.
                let (x, dtype) = (input.requires_grad().then(|| x.detach()), input.dtype());
                move |dloss, gradients| {
                    if let (Some(x), true) = (&x, gradients.wants(1)) {
                        let surprise = x.log_softmax()?.neg()?;
                        let dtarget = surprise.mul(&dloss.expand_dims(-1)?)?;
                        gradients.add(1, dtarget.to_dtype(dtype))?;
                    }
                    let [ps, ts, dloss] =
                        Tensor::slices::<T, _>([&p, &target, dloss]);
                    gradients.write::<T>(0, &p, |dx, accumulate| {
                        softmax::cross_entropy_dense_grad(ps, ts, dloss, columns, dx, accumulate);
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
    fn values_and_gradients_are_those_of_the_parts() {
        let x = Tensor::from([[0.3, -1.2, 2.5], [1.1, 0.9, -0.4]]);
        let label = Tensor::from([2i64, 0]);
        let whole = x.softmax_cross_entropy(&label).unwrap().to_vec::<f64>().unwrap();
        let parts = x.log_softmax().unwrap().pick(&label).unwrap().to_vec::<f64>().unwrap();
        for (whole, part) in whole.iter().zip(parts) {
            assert!((whole + part).abs() < 1e-15);
        }
        let f = |v: &[Tensor]| v[0].softmax_cross_entropy(&label);
        assert!(check::gradients(f, &[x], 1e-5).unwrap() < 1e-9);
    }

    #[test]
    fn dense_targets_give_the_weighted_sum_of_classes() {
        let x = Tensor::from([[0.3, -1.2, 2.5], [1.1, 0.9, -0.4]]);
        let target = Tensor::from([[0.2, 0.5, 0.3], [0.0, 2.0, 0.0]]);
        let whole = x.softmax_cross_entropy_dense(&target).unwrap();
        let parts = x.log_softmax().unwrap().mul(&target).unwrap().sum_axes(&[1], false).unwrap();
        let difference = whole.add(&parts).unwrap().abs().unwrap().max().unwrap();
        assert!(difference.item().unwrap() < 1e-15);
        let f = |v: &[Tensor]| v[0].softmax_cross_entropy_dense(&target);
        assert!(check::gradients(f, &[x], 1e-5).unwrap() < 1e-9);
    }

    #[test]
    fn a_label_out_of_range_is_an_error() {
        let x = Tensor::zeros([2, 3]);
        let text = |label: Tensor| x.softmax_cross_entropy(&label).unwrap_err().to_string();
        assert_eq!(
            text(Tensor::from([0.0f32, 3.0])),
            "`softmax_cross_entropy` expected an index from 0 to 2, found 3 at position 1"
        );
        assert!(text(Tensor::from([-1i32, 0])).contains("found -1 at position 0"));
        assert!(text(Tensor::from([f32::NAN, 0.0])).contains("found NaN"));
        assert!(text(Tensor::from([0i32])).contains("cannot combine shapes (2, 3) and (1,)"));
    }
}
