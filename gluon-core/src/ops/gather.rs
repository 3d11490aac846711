//! Elements along an axis by index.

use super::index::{checked, rows};
use super::layout::{around, resolve_axis};
use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// The elements along `axis` that `index` names, whose other axes have the sizes of `x`.
pub(super) fn along(op: &'static str, x: &Tensor, axis: usize, index: &Tensor) -> Result<Tensor> {
    let [_, size, inner] = around(axis, x.shape());
    let block = (index.shape()[axis] * inner).max(1);
    let mut flat = checked(op, index, size)?;
    for (outer, block) in flat.make_mut::<u64>(op)?.chunks_exact_mut(block).enumerate() {
        for row in block.chunks_exact_mut(inner) {
            for (position, place) in row.iter_mut().enumerate() {
                *place = ((outer * size + *place as usize) * inner + position) as u64;
            }
        }
    }
    rows(op, x, 1, flat, *index.shape())
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
        let axis = resolve_axis(op, axis, self.shape())?;
        let fits = index.rank() == self.rank()
            && index.shape().without(axis) == self.shape().without(axis);
        if !fits {
            let (argument, expected) =
                ("index", "of the tensor's sizes in all axes but the gathered one");
            let found = format!("{} for shape {} and axis {axis}", index.shape(), self.shape());
            return Err(Error::BadArgument { op, argument, expected, found });
        }
        along(op, self, axis, index)
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
            "`gather` expected `index` to be of the tensor's sizes in all axes but the gathered one, \
             found (1, 2) for shape (2, 3) and axis 1"
        );
        assert_eq!(
            text(2, Tensor::from([[0i64]])),
            "`gather` expected an axis from -2 to 1, found 2 for shape (2, 3)"
        );
        assert!(x.gather(1, &Tensor::from([0i64, 1])).is_err());
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
