//! Reductions: sums, means, products and extremes over axes.

use super::integer;
use super::layout::resolve_axis;
use crate::autograd::record_op;
use crate::buffer::for_float;
use crate::error::{Error, Result};
use crate::kernel::reduce::{self, Reduce};
use crate::shape::{MAX_RANK, Shape};
use crate::tensor::Tensor;

/// Which axes disappear.
#[derive(Clone, Copy)]
pub(super) struct Axes(pub(super) [bool; MAX_RANK]);

impl Axes {
    pub(super) const ALL: Axes = Axes([true; MAX_RANK]);

    pub(super) fn new(op: &'static str, axes: &[isize], shape: &Shape) -> Result<Axes> {
        let mut reduced = [false; MAX_RANK];
        for &axis in axes {
            if std::mem::replace(&mut reduced[resolve_axis(op, axis, shape)?], true) {
                let found = format!("{axis} again in {axes:?} for shape {shape}");
                let (argument, expected) = ("axes", "each axis once");
                return Err(Error::BadArgument { op, argument, expected, found });
            }
        }
        Ok(Axes(reduced))
    }

    /// `shape` with sizes of 1 where axes are reduced.
    pub(super) fn kept(&self, shape: &Shape) -> Shape {
        let mut kept = *shape;
        for (size, &reduced) in kept.dims_mut().iter_mut().zip(&self.0) {
            if reduced {
                *size = 1;
            }
        }
        kept
    }

    /// `shape` without the reduced axes.
    fn squeezed(&self, shape: &Shape) -> Shape {
        let mut dims = [0; MAX_RANK];
        let mut rank = 0;
        for (&size, _) in shape.iter().zip(&self.0).filter(|&(_, &reduced)| !reduced) {
            dims[rank] = size;
            rank += 1;
        }
        Shape::new(&dims[..rank])
    }

    /// How many elements become one.
    pub(super) fn count(&self, shape: &Shape) -> usize {
        shape.iter().zip(&self.0).filter(|&(_, &reduced)| reduced).map(|(n, _)| n).product()
    }
}

/// `op` over `axes`, which stay with size 1.
pub(super) fn fold(name: &'static str, op: Reduce, x: &Tensor, axes: &Axes) -> Result<Tensor> {
    if !x.dtype().is_float() {
        return integer::fold(name, op, x, axes);
    }
    for_float!(x, name, T => {
        let xs = x.buffer::<T>(name)?;
        Ok(Tensor::build::<T>(axes.kept(x.shape()), x.device(), |out| {
            reduce::reduce(op, xs, x.layout(), axes.0, out, false);
        }))
    })
}

/// Whether reduced axes stay with size 1.
pub(super) fn shaped(y: Tensor, axes: &Axes, keep: bool) -> Tensor {
    if keep {
        return y;
    }
    let shape = axes.squeezed(y.shape());
    y.relayout(|layout| {
        layout.shape = shape;
        layout.strides = shape.strides();
    })
}

/// The sum, divided by `count`.
fn sum(name: &'static str, x: &Tensor, axes: Axes, keep: bool, count: usize) -> Result<Tensor> {
    let divided = move |sum: Tensor| if count == 1 { Ok(sum) } else { sum.div(count as f64) };
    let y = divided(shaped(fold(name, Reduce::Sum, x, &axes)?, &axes, keep))?;
    record_op(name, [x], y, |_| {
        let shape = *x.shape();
        move |dy, gradients| {
            let dy = divided(dy.reshape(axes.kept(&shape))?)?;
            gradients.add(0, dy.broadcast_to(shape)?)
        }
    })
}

/// The mean, of floats alone: that of integers need not be an integer.
pub(super) fn mean(name: &'static str, x: &Tensor, axes: Axes, keep: bool) -> Result<Tensor> {
    if !x.dtype().is_float() {
        return Err(Error::only_floats(name, x.dtype()));
    }
    sum(name, x, axes, keep, axes.count(x.shape()))
}

/// The gradient of an element is the product of the others, exact also if some are 0.
fn prod(x: &Tensor, axes: Axes, keep: bool) -> Result<Tensor> {
    let op = "prod";
    let y = shaped(fold(op, Reduce::Prod, x, &axes)?, &axes, keep);
    record_op(op, [x], y, |_| {
        let x = x.detach();
        move |dy, gradients| {
            let zero = x.eq(0.0)?;
            // With the zeros replaced by ones, the product of the others is the quotient, but
            // nothing reaches elements beside a zero.
            let ones = x.add(&zero)?;
            let others = fold(op, Reduce::Prod, &ones, &axes)?.div(&ones)?;
            let zeros = fold(op, Reduce::Sum, &zero, &axes)?;
            let reached = zeros.sub(&zero)?.eq(0.0)?;
            let slope = reached.choose(&others, &others.zeros_like())?;
            gradients.add(0, slope.mul(&dy.reshape(axes.kept(x.shape()))?)?)
        }
    })
}

/// The largest or smallest: the gradient goes to the elements that equal it, in equal parts.
fn extreme(name: &'static str, op: Reduce, x: &Tensor, axes: Axes, keep: bool) -> Result<Tensor> {
    if axes.count(x.shape()) == 0 {
        let expected = "at least one element to reduce";
        return Err(Error::BadShape { op: name, expected, found: *x.shape() });
    }
    let y = fold(name, op, x, &axes)?;
    record_op(name, [x], shaped(y.clone(), &axes, keep), |_| {
        let x = x.detach();
        move |dy, gradients| {
            let chosen = x.eq(&y)?;
            let parts = fold(name, Reduce::Sum, &chosen, &axes)?;
            gradients.add(0, chosen.mul(&dy.reshape(axes.kept(x.shape()))?.div(&parts)?)?)
        }
    })
}

/// The root of the sum of squares, whose gradient at 0 is 0.
fn norm(x: &Tensor, axes: Axes, keep: bool) -> Result<Tensor> {
    let op = "norm";
    let norm = fold(op, Reduce::SumSquares, x, &axes)?.sqrt()?;
    record_op(op, [x], shaped(norm.clone(), &axes, keep), |_| {
        let (x, norm) = (x.detach(), norm.detach());
        move |dy, gradients| {
            let dy = dy.reshape(*norm.shape())?;
            let scale = norm.choose(&dy.div(&norm)?, &norm)?;
            gradients.add(0, x.mul(&scale)?)
        }
    })
}

impl Tensor {
    /// The sum of all elements, a scalar; of [integers](crate::DType#integers) as one of 64 bits.
    ///
    /// # Errors
    /// [`Error::BadDType`] if the elements are floats of 16 bits, or integers whose sum 64 bits do not have.
    pub fn sum(&self) -> Result<Tensor> {
        sum("sum", self, Axes::ALL, false, 1)
    }

    /// The sum over `axes`, which stay with size 1 if `keep`; negative axes count from the end.
    ///
    /// # Errors
    /// [`Error::BadAxis`] if there is no such axis, [`Error::BadArgument`] if one is named twice,
    /// otherwise as for [`sum`](Tensor::sum).
    pub fn sum_axes(&self, axes: &[isize], keep: bool) -> Result<Tensor> {
        sum("sum", self, Axes::new("sum", axes, self.shape())?, keep, 1)
    }

    /// The mean of all elements, a scalar; NaN of none.
    ///
    /// # Errors
    /// [`Error::BadDType`] unless the elements are floats of 32 or 64 bits.
    pub fn mean(&self) -> Result<Tensor> {
        mean("mean", self, Axes::ALL, false)
    }

    /// The mean over `axes`, as [`sum_axes`](Tensor::sum_axes).
    ///
    /// # Errors
    /// As for [`sum_axes`](Tensor::sum_axes) and [`mean`](Tensor::mean).
    pub fn mean_axes(&self, axes: &[isize], keep: bool) -> Result<Tensor> {
        mean("mean", self, Axes::new("mean", axes, self.shape())?, keep)
    }

    /// The largest element, a scalar; NaN if any is. Equal ones share the gradient.
    ///
    /// # Errors
    /// [`Error::BadShape`] if there are no elements, [`Error::BadDType`] if they are floats of 16 bits.
    pub fn max(&self) -> Result<Tensor> {
        extreme("max", Reduce::Max, self, Axes::ALL, false)
    }

    /// The largest element over `axes`, as [`sum_axes`](Tensor::sum_axes).
    ///
    /// # Errors
    /// As for [`sum_axes`](Tensor::sum_axes), and [`Error::BadShape`] if there are no elements.
    pub fn max_axes(&self, axes: &[isize], keep: bool) -> Result<Tensor> {
        extreme("max", Reduce::Max, self, Axes::new("max", axes, self.shape())?, keep)
    }

    /// The smallest element, a scalar; NaN if any is. Equal ones share the gradient.
    ///
    /// # Errors
    /// [`Error::BadShape`] if there are no elements, [`Error::BadDType`] if they are floats of 16 bits.
    pub fn min(&self) -> Result<Tensor> {
        extreme("min", Reduce::Min, self, Axes::ALL, false)
    }

    /// The smallest element over `axes`, as [`sum_axes`](Tensor::sum_axes).
    ///
    /// # Errors
    /// As for [`max_axes`](Tensor::max_axes).
    pub fn min_axes(&self, axes: &[isize], keep: bool) -> Result<Tensor> {
        extreme("min", Reduce::Min, self, Axes::new("min", axes, self.shape())?, keep)
    }

    /// The Euclidean norm of all elements, a scalar; the gradient at 0 is 0.
    ///
    /// # Errors
    /// As for [`mean`](Tensor::mean).
    pub fn norm(&self) -> Result<Tensor> {
        norm(self, Axes::ALL, false)
    }

    /// The Euclidean norm over `axes`, as [`sum_axes`](Tensor::sum_axes): of each row over the last.
    ///
    /// # Errors
    /// As for [`mean_axes`](Tensor::mean_axes).
    pub fn norm_axes(&self, axes: &[isize], keep: bool) -> Result<Tensor> {
        norm(self, Axes::new("norm", axes, self.shape())?, keep)
    }

    /// The product of all elements, a scalar, of integers as [`sum`](Tensor::sum); 1 of none.
    ///
    /// # Errors
    /// As for [`sum`](Tensor::sum).
    pub fn prod(&self) -> Result<Tensor> {
        prod(self, Axes::ALL, false)
    }

    /// The product over `axes`, as [`sum_axes`](Tensor::sum_axes).
    ///
    /// # Errors
    /// As for [`sum_axes`](Tensor::sum_axes).
    pub fn prod_axes(&self, axes: &[isize], keep: bool) -> Result<Tensor> {
        prod(self, Axes::new("prod", axes, self.shape())?, keep)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::{check, record};

    fn x() -> Tensor {
        Tensor::from([[[1.0, -2.0, 3.0], [4.0, 0.5, -6.0]], [[7.0, 2.5, 1.5], [-1.0, 8.0, 0.0]]])
    }

    #[test]
    fn values_over_all_and_over_some_axes() {
        let x = x();
        assert_eq!(x.sum().unwrap(), Tensor::from(18.5));
        assert_eq!(x.mean().unwrap(), Tensor::from(18.5 / 12.0));
        assert_eq!(
            x.sum_axes(&[1], false).unwrap(),
            Tensor::from([[5.0, -1.5, -3.0], [6.0, 10.5, 1.5]])
        );
        assert_eq!(x.sum_axes(&[0, -1], true).unwrap(), Tensor::from([[[13.0], [5.5]]]));
        assert_eq!(x.max().unwrap(), Tensor::from(8.0));
        assert_eq!(x.min().unwrap(), Tensor::from(-6.0));
        assert_eq!(x.min_axes(&[-1], false).unwrap(), Tensor::from([[-2.0, -6.0], [1.5, -1.0]]));
        assert_eq!(x.argmax(-1).unwrap(), Tensor::from([[2i64, 0], [0, 1]]));
        assert_eq!(x.argmin(1).unwrap(), Tensor::from([[0i64, 0, 1], [1, 0, 1]]));
        assert_eq!(
            x.transpose().unwrap().sum_axes(&[1], false).unwrap(),
            x.sum_axes(&[2], false).unwrap()
        );
        assert_eq!(Tensor::from([3.0, 4.0]).norm().unwrap(), Tensor::from(5.0));
        let y = Tensor::from([[3.0, 4.0], [5.0, 12.0]]);
        assert_eq!(y.prod().unwrap(), Tensor::from(720.0));
        assert_eq!(y.norm_axes(&[-1], true).unwrap(), Tensor::from([[5.0], [13.0]]));
        assert_eq!(
            y.transpose().unwrap().norm_axes(&[0], false).unwrap(),
            Tensor::from([5.0, 13.0])
        );
    }

    #[test]
    fn a_mean_of_equal_numbers_is_that_number() {
        let mut x = Tensor::full([49], 1.0, crate::DType::F64);
        x.attach_grad();
        assert_eq!(x.mean().unwrap(), Tensor::from(1.0));
        assert_eq!(x.mean_axes(&[0], true).unwrap(), Tensor::from([1.0]));
        record(|| x.mean()?.mul(49.0)).unwrap().backward().unwrap();
        assert_eq!(x.grad().unwrap(), x);
        assert!(Tensor::zeros([0]).mean().unwrap().item().unwrap().is_nan());
    }

    #[test]
    fn what_cannot_be_reduced_is_named() {
        let error = x().sum_axes(&[3], false).unwrap_err().to_string();
        assert_eq!(error, "`sum` expected an axis from -3 to 2, found 3 for shape (2, 2, 3)");
        let error = Tensor::from(1.0).sum_axes(&[0], false).unwrap_err().to_string();
        assert_eq!(error, "`sum` expected no axis, found 0 for shape ()");
        let error = x().mean_axes(&[0, -3], false).unwrap_err().to_string();
        let expected = "`mean` expected `axes` to be each axis once, \
                        found -3 again in [0, -3] for shape (2, 2, 3)";
        assert_eq!(error, expected);
        let error = Tensor::zeros([0, 3]).max().unwrap_err().to_string();
        assert_eq!(error, "`max` expected at least one element to reduce, found shape (0, 3)");
        let error = Tensor::zeros([3, 0]).argmax(1).unwrap_err().to_string();
        assert!(error.ends_with("one element along the axis, found shape (3, 0)"), "{error}");
    }

    #[test]
    fn gradients_match_difference_quotients() {
        type Op = fn(&Tensor) -> Result<Tensor>;
        let ops: [(&str, Op); 12] = [
            ("prod", Tensor::prod),
            ("prod_axes", |x| x.prod_axes(&[-1], true)),
            ("sum", Tensor::sum),
            ("mean", Tensor::mean),
            ("norm", Tensor::norm),
            ("norm_axes", |x| x.norm_axes(&[0, 2], false)),
            ("norm_axes_kept", |x| x.norm_axes(&[-1], true)?.square()),
            ("sum_axes", |x| x.sum_axes(&[0, 2], false)),
            ("mean_axes", |x| x.mean_axes(&[1], true)),
            ("max", Tensor::max),
            ("max_axes", |x| x.max_axes(&[2], false)),
            ("min_axes", |x| x.min_axes(&[0, 1], true)),
        ];
        for (name, op) in ops {
            let error = check::gradients(|v| op(&v[0]), &[x()], 1e-5).unwrap();
            assert!(error < 1e-8, "{name}: {error}");
        }
    }

    #[test]
    fn products_beside_zeros_are_flat_also_where_the_others_overflow() {
        let mut x = Tensor::from([0.0f32, 0.0, 1e30, 1e30]);
        x.attach_grad();
        record(|| x.prod()).unwrap().backward().unwrap();
        assert_eq!(x.grad().unwrap(), Tensor::zeros([4]));
    }

    #[test]
    fn the_norm_is_flat_at_zero() {
        let mut x = Tensor::from([[0.0f32, 0.0], [3.0, 4.0]]);
        x.attach_grad();
        record(|| x.norm_axes(&[1], false)).unwrap().backward().unwrap();
        assert_eq!(x.grad().unwrap(), Tensor::from([[0.0f32, 0.0], [0.6, 0.8]]));
        let mut x = Tensor::zeros([3]);
        x.attach_grad();
        record(|| x.norm()).unwrap().backward().unwrap();
        assert_eq!(x.grad().unwrap(), Tensor::zeros([3]));
    }

    #[test]
    fn equal_extremes_share_the_gradient() {
        let mut x = Tensor::from([2.0f32, 5.0, 5.0]);
        x.attach_grad();
        record(|| x.max()).unwrap().backward().unwrap();
        assert_eq!(x.grad().unwrap(), Tensor::from([0.0f32, 0.5, 0.5]));
    }
}
