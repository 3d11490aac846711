//! Tensors with a margin.

use super::operand::number_like;
use crate::autograd::record_op;
use crate::buffer::for_dtype;
use crate::error::{Error, Result};
use crate::kernel;
use crate::shape::Layout;
use crate::tensor::Tensor;

impl Tensor {
    /// The elements with `value` around them: as many along each axis as `widths` says, before and
    /// after.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Tensor;
    /// let x = Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]);
    /// let y = x.pad(&[(0, 1), (2, 0)], 9.0)?;
    /// assert_eq!(y, Tensor::from([[9.0f32, 9.0, 1.0, 2.0], [9.0, 9.0, 3.0, 4.0], [9.0; 4]]));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::BadArgument`] unless there is a pair for each axis, or if no tensor can have the shape or
    /// integers the value.
    ///
    /// # Panics
    /// As [`full`](Tensor::full).
    pub fn pad(&self, widths: &[(usize, usize)], value: f64) -> Result<Tensor> {
        let op = "pad";
        let mut shape = *self.shape();
        for (size, &(before, after)) in shape.dims_mut().iter_mut().zip(widths) {
            *size = size.saturating_add(before).saturating_add(after);
        }
        if widths.len() != self.rank() || shape.checked_size().is_none() {
            let (argument, expected) = ("widths", "two sizes for each axis, of a shape that fits");
            let found = format!("{widths:?} for shape {}", self.shape());
            return Err(Error::BadArgument { op, argument, expected, found });
        }
        number_like(op, "value", value, self)?;
        let mut inside = Layout::contiguous(shape);
        inside.shape = *self.shape();
        // An empty one would begin beyond the end of its buffer.
        if self.size() > 0 {
            let befores = widths.iter().zip(inside.strides.iter());
            inside.offset = befores.map(|(&(before, _), &stride)| before * stride as usize).sum();
        }
        let x = self.contiguous();
        let y = for_dtype!(x.dtype(), T => Tensor::build::<T>(shape, x.device(), |y| {
            y.fill(crate::dtype::Element::from_f64(value));
            kernel::layout::scatter(x.as_contiguous::<T>().unwrap_or_default(), y, &inside);
        }));
        record_op(op, [self], y, |_| {
            move |dy, gradients| {
                let part = dy.relayout(|layout| {
                    layout.shape = inside.shape;
                    layout.offset += inside.offset;
                });
                gradients.add(0, part)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::check;

    #[test]
    fn elements_of_every_type_get_a_margin() {
        let x = Tensor::from([[1i64, 2, 3]]).transpose().unwrap();
        let y = x.pad(&[(1, 0), (1, 2)], -1.0).unwrap();
        let expected = [[-1i64, -1, -1, -1], [-1, 1, -1, -1], [-1, 2, -1, -1], [-1, 3, -1, -1]];
        assert_eq!(y, Tensor::from(expected));
        let flags = Tensor::from([false]).broadcast_to([2]).unwrap().pad(&[(1, 1)], 1.0).unwrap();
        assert_eq!(flags, Tensor::from([true, false, false, true]));
        assert_eq!(Tensor::from(2.0f32).pad(&[], 1.0).unwrap(), Tensor::from(2.0f32));
        let empty = Tensor::zeros([2, 0]).pad(&[(1, 1), (2, 1)], 1.0).unwrap();
        assert_eq!(empty, Tensor::ones([4, 3]));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let x = Tensor::zeros([2, 3]);
        let error = x.pad(&[(1, 1)], 0.0).unwrap_err().to_string();
        let expected = "`pad` expected `widths` to be two sizes for each axis, of a shape that fits, \
                        found [(1, 1)] for shape (2, 3)";
        assert_eq!(error, expected);
        assert!(x.pad(&[(usize::MAX, 1), (0, 0)], 0.0).is_err());
        let error = Tensor::from([7u8]).pad(&[(0, 1)], -1.0).unwrap_err().to_string();
        let expected = "`pad` expected `value` to be a number that the type of the elements has, \
                        found -1 for uint8; convert with `to_dtype`";
        assert_eq!(error, expected);
    }

    #[test]
    fn gradients_match_difference_quotients() {
        let x = Tensor::from([[0.3, -1.2, 2.5], [1.1, 0.9, -0.4]]);
        let pad = |v: &[Tensor]| v[0].transpose()?.pad(&[(1, 0), (2, 1)], 0.5)?.square();
        assert!(check::gradients(pad, &[x], 1e-5).unwrap() < 1e-8);
        let mut empty = Tensor::zeros([2, 0]);
        empty.attach_grad();
        let y = crate::autograd::record(|| empty.pad(&[(1, 1), (2, 1)], 1.0)).unwrap();
        y.backward().unwrap();
        assert_eq!(empty.grad().unwrap(), empty);
    }
}
