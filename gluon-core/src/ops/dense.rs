//! The dense layer's product, bias and activation in one operation.

use crate::autograd::{is_recording, record_op};
use crate::buffer::for_float;
use crate::dtype::Element;
use crate::error::{Error, Result};
use crate::kernel::dense as kernel;
use crate::kernel::gemm::small::is_small;
use crate::kernel::matrix::Matrix;
use crate::shape::Shape;
use crate::tensor::Tensor;

pub(crate) use crate::kernel::activation::Activation;

/// Whether `x · Wᵀ` is faster if `W` is turned first, although that costs about as much as it gains:
/// the next time it costs nothing. While something is recorded the weight is about to change. Both
/// take sums in an order of their own, so a recorded pass may differ from another in the last bit.
/// Small products by rows take two thirds of what dot products take.
///
/// Of larger weights, from 1 MiB of `f32` on, the product gains next to nothing.
fn pays_to_turn(sizes @ [batch, in_units, units]: [usize; 3]) -> bool {
    let weights = in_units * units;
    is_small(sizes) || batch >= 12 && batch * weights >= 1 << 14 && weights <= 1 << 18
}

/// `act(x · Wᵀ + b)`.
///
/// # Shapes
/// `x: [batch, in_units]`, `weight: [units, in_units]`, `bias: [units]` → `[batch, units]`
pub(crate) fn dense(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    activation: Option<Activation>,
) -> Result<Tensor> {
    let op = "dense";
    let (&[batch, in_units], &[units, inner]) = (x.shape().dims(), weight.shape().dims()) else {
        return Err(Error::ShapeMismatch { op, lhs: *x.shape(), rhs: *weight.shape() });
    };
    if in_units != inner {
        return Err(Error::ShapeMismatch { op, lhs: *x.shape(), rhs: *weight.shape() });
    }
    if let Some(bias) = bias.filter(|bias| *bias.shape() != [units]) {
        return Err(Error::ShapeMismatch { op, lhs: *weight.shape(), rhs: *bias.shape() });
    }
    for other in [weight, bias.unwrap_or(weight)] {
        if other.dtype() != x.dtype() {
            return Err(Error::DTypeMismatch { op, lhs: other.dtype(), rhs: x.dtype() });
        }
    }
    let sizes = [batch, in_units, units];
    let inputs = [x, weight, bias.unwrap_or(weight)];
    let inputs = &inputs[..2 + usize::from(bias.is_some())];
    let mut made = [None, None, None];
    let [x_made, w_made, b_made] = &mut made;
    let (x, w) = (x.contiguous_in(x_made), weight.contiguous_in(w_made));
    let b = bias.map(|bias| bias.contiguous_in(b_made));
    for_float!(x, op, T => {
        let (xs, ws, bs) = (elements::<T>(x), elements::<T>(w), b.map(elements::<T>));
        let y = Tensor::build::<T>([batch, units].into(), x.device(), |y| {
            let turned = (!is_recording() && pays_to_turn(sizes)).then(|| w.turned::<T>()).flatten();
            let v = match turned {
                Some(turned) => Matrix::new(turned, [in_units, units]),
                None => Matrix::new(ws, [units, in_units]).t(),
            };
            kernel::dense(xs, v, bs, activation, y, batch);
        });
        record_op(op, inputs, y, |y| {
            let (x, w, has_bias) = (x.detach(), w.detach(), bs.is_some());
            let y = activation.map(|_| y.detach());
            move |dy, gradients| {
                let (xs, ws) = (elements::<T>(&x), elements::<T>(&w));
                let place = (&Shape::from(sizes[2]), w.device());
                if let (Some(activation), Some(y)) = (activation, &y) {
                    let (ys, dys) = (elements::<T>(y), dy.make_mut::<T>("backward")?);
                    if has_bias && gradients.wants(2) {
                        gradients.write_at::<T>(2, place, |db, accumulate| {
                            kernel::dense_dz(activation, ys, dys, Some(db), accumulate);
                        })?;
                    } else {
                        kernel::dense_dz(activation, ys, dys, None, false);
                    }
                } else if has_bias {
                    let dys = elements::<T>(dy);
                    gradients.write_at::<T>(2, place, |db, accumulate| {
                        kernel::dense_db(dys, db, accumulate, sizes);
                    })?;
                }
                let dz = elements::<T>(dy);
                gradients.write::<T>(1, &w, |dw, accumulate| {
                    kernel::dense_dw(dz, xs, dw, accumulate, sizes);
                })?;
                gradients.write::<T>(0, &x, |dx, accumulate| {
                    kernel::dense_dx(dz, ws, dx, accumulate, sizes);
                })
            }
        })
    })
}

/// The elements of a row-major tensor.
#[inline]
fn elements<T: Element>(tensor: &Tensor) -> &[T] {
    tensor.as_contiguous().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::check;

    fn numbers(count: usize) -> Vec<f64> {
        (0..count).map(|i| (0.9 * i as f64 + 0.2).sin()).collect()
    }

    #[test]
    fn shapes_that_do_not_fit_are_named() {
        let (x, w, b) = (Tensor::zeros([3, 4]), Tensor::zeros([2, 4]), Tensor::zeros([3]));
        let text = |x: &Tensor, b| dense(x, &w, b, None).unwrap_err().to_string();
        assert_eq!(text(&x, Some(&b)), "`dense` cannot combine shapes (2, 4) and (3,)");
        let x = Tensor::zeros([3, 5]);
        assert_eq!(text(&x, None), "`dense` cannot combine shapes (3, 5) and (2, 4)");
    }

    #[test]
    fn one_operation_equals_its_parts_and_gradients_match_difference_quotients() {
        use Activation::{Relu, Sigmoid, Softplus, Softsign, Tanh};
        let x = Tensor::from_vec(numbers(12), [3, 4]).unwrap();
        let w = Tensor::from_vec(numbers(8), [2, 4]).unwrap();
        let b = Tensor::from([0.3, -0.2]);
        let parts = x.matmul(&w.transpose().unwrap()).unwrap().add(&b).unwrap();
        for activation in
            [None, Some(Relu), Some(Sigmoid), Some(Tanh), Some(Softplus), Some(Softsign)]
        {
            let expected = match activation {
                None => Ok(parts.clone()),
                Some(Relu) => parts.relu(),
                Some(Sigmoid) => parts.sigmoid(),
                Some(Tanh) => parts.tanh(),
                Some(Softplus) => parts.softplus(),
                Some(Softsign) => parts.softsign(),
            };
            let whole = dense(&x, &w, Some(&b), activation).unwrap();
            let difference = whole.sub(expected.unwrap()).unwrap().abs().unwrap().max().unwrap();
            assert!(difference.item().unwrap() < 1e-15, "{activation:?}");

            let inputs = [x.clone(), w.clone(), b.clone()];
            let f = |v: &[Tensor]| dense(&v[0], &v[1], Some(&v[2]), activation);
            let error = check::gradients(f, &inputs, 1e-5).unwrap();
            assert!(error < 1e-8, "{activation:?}: {error}");
            let f = |v: &[Tensor]| dense(&v[0], &v[1], None, activation);
            let error = check::gradients(f, &inputs[..2], 1e-5).unwrap();
            assert!(error < 1e-8, "{activation:?} without bias: {error}");
        }
    }

    #[test]
    fn a_weight_that_changes_is_turned_anew() {
        let [batch, in_units, units] = [16, 40, 32];
        assert!(pays_to_turn([batch, in_units, units]));
        let x = Tensor::from_vec(numbers(batch * in_units), [batch, in_units]).unwrap();
        let mut w = Tensor::from_vec(numbers(units * in_units), [units, in_units]).unwrap();
        for _ in 0..3 {
            let expected = x.matmul(&w.transpose().unwrap()).unwrap();
            let error = dense(&x, &w, None, None).unwrap().sub(&expected).unwrap();
            assert!(error.abs().unwrap().max().unwrap().item().unwrap() < 1e-13);
            w.make_mut::<f64>("test").unwrap().iter_mut().for_each(|w| *w = 1.0 - 2.0 * *w);
        }
    }

    #[test]
    fn a_weight_used_twice_gets_the_sum() {
        let w = Tensor::from_vec(numbers(9), [3, 3]).unwrap();
        let x = Tensor::from_vec(numbers(6), [2, 3]).unwrap();
        let tanh = Some(Activation::Tanh);
        let f = |v: &[Tensor]| dense(&dense(&v[1], &v[0], None, tanh)?, &v[0], None, tanh);
        assert!(check::gradients(f, &[w, x], 1e-5).unwrap() < 1e-8);
    }
}
