//! Elements along an axis by index.

use super::index::{checked, rows};
use super::layout::{around, resolve_axis};
use crate::autograd::record_op;
use crate::buffer::for_float;
use crate::error::{Error, Result};
use crate::kernel::gather;
use crate::tensor::Tensor;

/// Where in `x` the elements are that `index` names along `axis`, `u64` that are below its size; other
/// axes have the sizes of `x`.
fn places(op: &'static str, x: &Tensor, axis: usize, mut index: Tensor) -> Result<Tensor> {
    let [_, size, inner] = around(axis, x.shape());
    let block = (index.shape()[axis] * inner).max(1);
    for (outer, block) in index.make_mut::<u64>(op)?.chunks_exact_mut(block).enumerate() {
        for row in block.chunks_exact_mut(inner) {
            for (position, place) in row.iter_mut().enumerate() {
                *place = ((outer * size + *place as usize) * inner + position) as u64;
            }
        }
    }
    Ok(index)
}

/// [`places`] of an index that is to be checked.
fn checked_places(op: &'static str, x: &Tensor, axis: isize, index: &Tensor) -> Result<Tensor> {
    let axis = resolve_axis(op, axis, x.shape())?;
    let fits = index.rank() == x.rank() && index.shape().without(axis) == x.shape().without(axis);
    if !fits {
        let (argument, expected) =
            ("index", "of the tensor's sizes in all axes but the one it counts along");
        let found = format!("{} for shape {} and axis {axis}", index.shape(), x.shape());
        return Err(Error::BadArgument { op, argument, expected, found });
    }
    places(op, x, axis, checked(op, index, x.shape()[axis])?)
}

/// The elements along `axis` that `index` names, as for [`places`].
pub(super) fn along(op: &'static str, x: &Tensor, axis: usize, index: Tensor) -> Result<Tensor> {
    let shape = *index.shape();
    rows(op, x, 1, places(op, x, axis, index)?, shape)
}

impl Tensor {
    /// The elements along `axis` that `index` names: along axis 1 of a matrix, element `[i, j]` of
    /// the result is `self[i, index[i, j]]`. NumPy's `take_along_axis`.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Tensor;
    /// let x = Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]);
    /// let y = x.gather(1, &Tensor::from([[0i64, 0], [1, 0]]))?;
    /// assert_eq!(y, Tensor::from([[1.0f32, 1.0], [4.0, 3.0]]));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Shapes
    /// `self: [.., n, ..]`, `index: [.., m, ..]` of any numeric type → `[.., m, ..]`
    ///
    /// # Errors
    /// [`Error::BadAxis`] if there is no such axis, [`Error::BadArgument`] if another axis differs,
    /// [`Error::IndexOutOfRange`] if an index leaves the axis.
    pub fn gather(&self, axis: isize, index: &Tensor) -> Result<Tensor> {
        let op = "gather";
        rows(op, self, 1, checked_places(op, self, axis, index)?, *index.shape())
    }

    /// The elements, to which along `axis` each of `values` is added where `index` says: along axis
    /// 1 of a matrix, `values[i, j]` to element `[i, index[i, j]]`. What is added to one element is added
    /// in order.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Tensor;
    /// let (index, values) = (Tensor::from([2i64, 0, 2]), Tensor::from([1.0f32, 2.0, 3.0]));
    /// let sums = Tensor::zeros(4).scatter_add(0, &index, &values)?;
    /// assert_eq!(sums, Tensor::from([2.0f32, 0.0, 4.0, 0.0]));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Shapes
    /// `self: [.., n, ..]`, `index: [.., m, ..]` of any numeric type, `values` like `index` →
    /// `[.., n, ..]`
    ///
    /// # Errors
    /// As for [`gather`](Tensor::gather), and [`Error::ShapeMismatch`] if `values` is not like `index`,
    /// [`Error::DTypeMismatch`] if it is not of the tensor's type, [`Error::BadDType`] unless that is
    /// one of floats.
    pub fn scatter_add(&self, axis: isize, index: &Tensor, values: &Tensor) -> Result<Tensor> {
        let op = "scatter_add";
        let places = checked_places(op, self, axis, index)?;
        let shape = *index.shape();
        if values.shape() != &shape {
            return Err(Error::ShapeMismatch { op, lhs: shape, rhs: *values.shape() });
        }
        if values.dtype() != self.dtype() {
            let (lhs, rhs) = (self.dtype(), values.dtype());
            return Err(Error::DTypeMismatch { op, lhs, rhs });
        }
        let mut y = self.to_contiguous();
        for_float!(y, op, T => {
            let values = values.contiguous();
            let values = values.as_contiguous::<T>().unwrap_or_default();
            let rows = places.as_contiguous().unwrap_or_default();
            gather::scatter_add(values, 1, rows, y.make_mut(op)?);
            Ok(())
        })?;
        record_op(op, [self, values], y, |_| {
            move |dy, gradients| {
                gradients.add(0, dy.clone())?;
                gradients.add(1, rows(op, dy, 1, places.clone(), shape)?)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::check;

    #[test]
    fn elements_are_gathered_along_any_axis_of_any_layout() {
        let x = Tensor::from([[[1i32, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]);
        let first = Tensor::from([[[1u8, 0, 1], [0, 0, 1]]]);
        assert_eq!(x.gather(0, &first).unwrap(), Tensor::from([[[7i32, 2, 9], [4, 5, 12]]]));
        let middle = Tensor::from([[[1i64, 0, 0]], [[0, 1, 1]]]);
        assert_eq!(x.gather(1, &middle).unwrap(), Tensor::from([[[4i32, 2, 3]], [[7, 11, 12]]]));
        let turned = x.transpose().unwrap().gather(-1, &middle.transpose().unwrap()).unwrap();
        assert_eq!(turned, Tensor::from([[[4i32], [2], [3]], [[7], [11], [12]]]));
        let one = Tensor::from([[2i64]]).broadcast_to([2, 4]).unwrap();
        let wide = Tensor::from([5i32, 6, 7]).broadcast_to([2, 3]).unwrap();
        assert_eq!(wide.gather(1, &one).unwrap(), Tensor::from([[7i32; 4]; 2]));
        for (shape, axis, index) in [([0, 3], 1, [0, 2]), ([3, 0], 1, [3, 0]), ([3, 0], 0, [5, 0])]
        {
            let y = Tensor::zeros(shape).gather(axis, &Tensor::zeros(index)).unwrap();
            assert_eq!(*y.shape(), index);
        }
    }

    #[test]
    fn what_cannot_be_gathered_is_named() {
        let x = Tensor::zeros([2, 3]);
        let text = |axis, index| x.gather(axis, &index).unwrap_err().to_string();
        assert_eq!(
            text(1, Tensor::from([[0i64], [-1]])),
            "`gather` expected an index from 0 to 2, found -1 at position 1"
        );
        assert_eq!(
            text(1, Tensor::from([[0i64, 1]])),
            "`gather` expected `index` to be of the tensor's sizes in all axes but the one it counts along, \
             found (1, 2) for shape (2, 3) and axis 1"
        );
        assert_eq!(
            text(2, Tensor::from([[0i64]])),
            "`gather` expected an axis from -2 to 1, found 2 for shape (2, 3)"
        );
        assert!(x.gather(1, &Tensor::from([0i64, 1])).is_err());
    }

    #[test]
    fn elements_are_added_along_any_axis_of_any_layout() {
        let x = Tensor::from([[1.0f32, 2.0], [3.0, 4.0], [5.0, 6.0]]);
        let values = Tensor::from([[10.0f32, 20.0], [30.0, 40.0]]);
        let index = Tensor::from([[2i64, 0], [2, 1]]);
        let y = x.scatter_add(0, &index, &values).unwrap();
        assert_eq!(y, Tensor::from([[1.0f32, 22.0], [3.0, 44.0], [45.0, 6.0]]));
        let turned = [&x, &index, &values].map(|t| t.transpose().unwrap());
        let [x, index, values] = &turned;
        assert_eq!(x.scatter_add(-1, index, values).unwrap(), y.transpose().unwrap());
        assert_eq!(x.sum().unwrap(), Tensor::from(21.0f32));
        let none = Tensor::zeros([2, 0]);
        assert_eq!(x.scatter_add(1, &none, &none).unwrap(), *x);
    }

    #[test]
    fn what_cannot_be_added_is_named() {
        let x = Tensor::zeros([2, 3]);
        let text = |x: &Tensor, index: Tensor, values: Tensor| {
            x.scatter_add(1, &index, &values).unwrap_err().to_string()
        };
        let index = Tensor::from([[0i64], [1]]);
        assert_eq!(
            text(&x, index.clone(), Tensor::ones([2, 2])),
            "`scatter_add` cannot combine shapes (2, 1) and (2, 2)"
        );
        assert!(
            text(&x, index.clone(), Tensor::from([[1.0], [2.0]]))
                .starts_with("`scatter_add` expected both operands to be float32, found float64")
        );
        assert_eq!(
            text(&x, Tensor::from([[0i64], [3]]), Tensor::ones([2, 1])),
            "`scatter_add` expected an index from 0 to 2, found 3 at position 1"
        );
        let integers = Tensor::from([[1i64], [2]]);
        let error = text(&integers, Tensor::zeros([2, 1]), integers.clone());
        assert!(error.starts_with("`scatter_add` expected float32 or float64, found int64"));
    }

    #[test]
    fn gradients_of_what_is_added_match_difference_quotients() {
        let x = Tensor::from([[0.5, -1.0], [2.0, 0.1], [1.0, 1.5]]);
        let values = Tensor::from([[0.3, 0.7], [-0.2, 1.1]]);
        let index = Tensor::from([[2i64, 0], [2, 1]]);
        let add = |v: &[Tensor]| v[0].scatter_add(0, &index, &v[1])?.square();
        let error = check::gradients(add, &[x, values], 1e-5).unwrap();
        assert!(error < 1e-8, "{error}");
    }

    #[test]
    fn gradients_of_repeated_elements_add_up() {
        let x = Tensor::from([[0.5, -1.0], [2.0, 0.1], [1.0, 1.5]]);
        for (axis, index) in [(0, Tensor::from([[2i64, 0], [2, 1]])), (1, Tensor::ones([3, 4]))] {
            let gather = |v: &[Tensor]| v[0].gather(axis, &index)?.square();
            let error = check::gradients(gather, std::slice::from_ref(&x), 1e-5).unwrap();
            assert!(error < 1e-8, "{error}");
        }
    }
}
