//! Tensors joined along an axis.

use super::layout::resolve_axis;
use crate::autograd::record_op;
use crate::buffer::for_dtype;
use crate::error::{Error, Result};
use crate::kernel;
use crate::shape::Layout;
use crate::tensor::Tensor;

impl Tensor {
    /// `tensors` one after another along `axis`.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Tensor;
    /// let (a, b) = (Tensor::from([[1.0f32], [2.0]]), Tensor::from([[3.0f32, 4.0], [5.0, 6.0]]));
    /// let y = Tensor::concat(&[&a, &b], 1)?;
    /// assert_eq!(y, Tensor::from([[1.0f32, 3.0, 4.0], [2.0, 5.0, 6.0]]));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::BadArgument`] of no tensors, or if another axis differs; [`Error::BadAxis`] if there is
    /// no such axis, [`Error::DTypeMismatch`] if types differ.
    #[doc(alias = "cat", alias = "concatenate")]
    pub fn concat(tensors: &[&Tensor], axis: isize) -> Result<Tensor> {
        Tensor::joined("concat", tensors, axis)
    }

    /// [`concat`](Tensor::concat) for `op`.
    fn joined(op: &'static str, tensors: &[&Tensor], axis: isize) -> Result<Tensor> {
        let Some((first, rest)) = tensors.split_first() else {
            let (argument, expected) = ("tensors", "at least one");
            return Err(Error::BadArgument { op, argument, expected, found: "none".to_owned() });
        };
        let axis = resolve_axis(op, axis, first.shape())?;
        let mut shape = *first.shape();
        for tensor in rest {
            let fits = tensor.rank() == shape.rank()
                && tensor.shape().without(axis) == shape.without(axis);
            if fits {
                let size = &mut shape.dims_mut()[axis];
                *size = size.saturating_add(tensor.shape()[axis]);
            }
            if !fits || shape.checked_size().is_none() {
                let (argument, expected) =
                    ("tensors", "of equal sizes in all axes but the joined one");
                let found = format!("{} and {} for axis {axis}", first.shape(), tensor.shape());
                return Err(Error::BadArgument { op, argument, expected, found });
            }
            if tensor.dtype() != first.dtype() {
                let (lhs, rhs) = (first.dtype(), tensor.dtype());
                return Err(Error::DTypeMismatch { op, lhs, rhs });
            }
        }
        let y = for_dtype!(first.dtype(), T => Tensor::build::<T>(shape, first.device(), |y| {
            let mut region = Layout::contiguous(shape);
            for tensor in tensors {
                let tensor = tensor.to_contiguous();
                region.shape = *tensor.shape();
                kernel::layout::scatter(tensor.as_contiguous::<T>().unwrap_or_default(), y, &region);
                region.offset += tensor.shape()[axis] * region.strides[axis] as usize;
            }
        }));
        record_op(op, tensors, y, |_| {
            let sizes = Tensor::build::<u64>(tensors.len().into(), first.device(), |sizes| {
                for (size, tensor) in sizes.iter_mut().zip(tensors) {
                    *size = tensor.shape()[axis] as u64;
                }
            });
            move |dy, gradients| {
                let mut start = 0;
                let sizes = sizes.as_contiguous::<u64>().unwrap_or_default();
                for (input, &size) in sizes.iter().enumerate() {
                    let size = size as usize;
                    if gradients.wants(input) {
                        gradients.add(input, dy.slice(axis as isize, start..start + size)?)?;
                    }
                    start += size;
                }
                Ok(())
            }
        })
    }

    /// `tensors` of one shape along a new axis before axis `axis`.
    ///
    /// # Errors
    /// As for [`concat`](Tensor::concat) and [`expand_dims`](Tensor::expand_dims), but
    /// [`Error::ShapeMismatch`] if an axis differs.
    pub fn stack(tensors: &[&Tensor], axis: isize) -> Result<Tensor> {
        let op = "stack";
        let shapes = || tensors.iter().map(|tensor| *tensor.shape());
        if let Some((lhs, rhs)) = shapes().zip(shapes().skip(1)).find(|(lhs, rhs)| lhs != rhs) {
            return Err(Error::ShapeMismatch { op, lhs, rhs });
        }
        let wide: Vec<Tensor> =
            tensors.iter().map(|tensor| tensor.expanded(op, axis)).collect::<Result<_>>()?;
        Tensor::joined(op, &wide.iter().collect::<Vec<_>>(), axis)
    }

    /// `count` equal parts along `axis`.
    ///
    /// # Errors
    /// [`Error::BadAxis`] if there is no such axis, [`Error::BadArgument`] if `count` does not
    /// divide its size.
    #[doc(alias = "chunk")]
    pub fn split(&self, axis: isize, count: usize) -> Result<Vec<Tensor>> {
        let op = "split";
        let size = self.shape()[resolve_axis(op, axis, self.shape())?];
        if !size.is_multiple_of(count) || count == 0 {
            return Err(Error::BadArgument {
                op,
                argument: "count",
                expected: "a divisor of the axis's size",
                found: format!("{count} for size {size}"),
            });
        }
        let part = size / count;
        (0..count).map(|i| self.slice(axis, i * part..(i + 1) * part)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::check;

    #[test]
    fn parts_join_and_split_again() {
        let x = Tensor::from([[1i32, 2, 3, 4], [5, 6, 7, 8]]);
        let parts = x.split(1, 2).unwrap();
        assert_eq!(parts[1], Tensor::from([[3i32, 4], [7, 8]]));
        assert_eq!(Tensor::concat(&[&parts[0], &parts[1]], -1).unwrap(), x);
        let stacked = Tensor::stack(&[&parts[0], &parts[1]], 0).unwrap();
        assert_eq!(*stacked.shape(), [2, 2, 2]);
        assert_eq!(stacked.select(0, 1).unwrap(), parts[1]);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let (a, b) = (Tensor::zeros([2, 3]), Tensor::zeros([3, 3]));
        let error = Tensor::concat(&[&a, &b], 1).unwrap_err().to_string();
        let expected = "`concat` expected `tensors` to be of equal sizes in all axes but the joined one, \
                        found (2, 3) and (3, 3) for axis 1";
        assert_eq!(error, expected);
        let error = Tensor::stack(&[&a, &a], 3).unwrap_err().to_string();
        assert_eq!(error, "`stack` expected an axis from -3 to 2, found 3 for shape (2, 3, 1)");
        let error = Tensor::stack(&[], 0).unwrap_err().to_string();
        assert_eq!(error, "`stack` expected `tensors` to be at least one, found none");
        let wide = Tensor::ones([1, 0]).broadcast_to([isize::MAX as usize, 0]).unwrap();
        assert!(Tensor::concat(&[&wide, &wide, &wide], 0).is_err());
        let error = Tensor::stack(&[&a, &a, &b], 0).unwrap_err().to_string();
        assert_eq!(error, "`stack` cannot combine shapes (2, 3) and (3, 3)");
        let error = a.item().unwrap_err().to_string();
        assert_eq!(error, "`item` expected a tensor of one element, found shape (2, 3)");
        assert!(Tensor::concat(&[], 0).is_err());
        assert!(a.split(1, 2).is_err());
    }

    #[test]
    fn gradients_match_difference_quotients() {
        let inputs = [Tensor::from([[0.5, 1.0], [2.0, -0.3]]), Tensor::from([[1.5], [0.7]])];
        let join = |v: &[Tensor]| Tensor::concat(&[&v[0], &v[1], &v[0]], 1)?.square();
        assert!(check::gradients(join, &inputs, 1e-5).unwrap() < 1e-8);
        let stack = |v: &[Tensor]| Tensor::stack(&[&v[0], &v[0].mul(2.0)?], 1)?.square();
        assert!(check::gradients(stack, &inputs[..1], 1e-5).unwrap() < 1e-8);
    }
}
