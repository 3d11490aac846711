//! Elements along an axis in the opposite order, or several times.

use super::layout::{around, resolve_axis};
use super::reduce::Axes;
use crate::autograd::record_op;
use crate::error::{Error, Result};
use crate::tensor::Tensor;

fn flipped(x: &Tensor, axes: &Axes) -> Tensor {
    if x.size() == 0 {
        return x.detach();
    }
    let backwards = x.relayout(|layout| {
        let axes = layout.shape.iter().zip(layout.strides.steps_mut()).zip(axes.0);
        for ((&size, stride), _) in axes.filter(|&((&size, _), flipped)| flipped && size > 1) {
            layout.offset = layout.offset.wrapping_add_signed((size as isize - 1) * *stride);
            *stride = -*stride;
        }
    });
    // Tensors of negative strides are not for others to see.
    backwards.to_contiguous()
}

/// Each element along `axis` `count` times, or if `whole` the axis as often.
fn repeated(
    op: &'static str,
    x: &Tensor,
    axis: isize,
    count: usize,
    whole: bool,
) -> Result<Tensor> {
    let axis = resolve_axis(op, axis, x.shape())?;
    let [outer, size, inner] = around(axis, x.shape());
    let mut shape = *x.shape();
    shape.dims_mut()[axis] = size.saturating_mul(count);
    if shape.checked_size().is_none() {
        let (argument, expected) = ("count", "small enough for a tensor to have the shape");
        let found = format!("{count} for shape {} and axis {axis}", x.shape());
        return Err(Error::BadArgument { op, argument, expected, found });
    }
    let [one, many] = [1, count].map(|count| match whole {
        true => [outer, count, size, inner],
        false => [outer, size, count, inner],
    });
    x.reshape(one)?.broadcast_to(many)?.reshape(shape)
}

impl Tensor {
    /// The elements in opposite order along `axes`; negative axes count from the end.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Tensor;
    /// let x = Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.flip(&[0])?, Tensor::from([[3.0f32, 4.0], [1.0, 2.0]]));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::BadAxis`] if there is no such axis, [`Error::BadArgument`] if one is named twice.
    pub fn flip(&self, axes: &[isize]) -> Result<Tensor> {
        let op = "flip";
        let axes = Axes::new(op, axes, self.shape())?;
        record_op(op, [self], flipped(self, &axes), |_| {
            move |dy, gradients| gradients.add(0, flipped(dy, &axes))
        })
    }

    /// Each element along `axis` `count` times in a row, which PyTorch calls `repeat_interleave`.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Tensor;
    /// let x = Tensor::from([1.0f32, 2.0]);
    /// assert_eq!(x.repeat(0, 2)?, Tensor::from([1.0f32, 1.0, 2.0, 2.0]));
    /// assert_eq!(x.tile(0, 2)?, Tensor::from([1.0f32, 2.0, 1.0, 2.0]));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::BadAxis`] if there is no such axis, [`Error::BadArgument`] if no tensor can have the
    /// shape.
    #[doc(alias = "repeat_interleave")]
    pub fn repeat(&self, axis: isize, count: usize) -> Result<Tensor> {
        repeated("repeat", self, axis, count, false)
    }

    /// All elements along `axis` one after another `count` times, which PyTorch calls `repeat`.
    ///
    /// # Errors
    /// As for [`repeat`](Tensor::repeat).
    pub fn tile(&self, axis: isize, count: usize) -> Result<Tensor> {
        repeated("tile", self, axis, count, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::check;

    #[test]
    fn elements_are_turned_and_repeated_along_any_axis_of_any_layout() {
        let x = Tensor::from([[1i32, 2, 3], [4, 5, 6]]);
        let turned = x.transpose().unwrap();
        assert_eq!(turned.flip(&[0]).unwrap(), Tensor::from([[3i32, 6], [2, 5], [1, 4]]));
        let both = x.flip(&[-1, 0]).unwrap();
        assert_eq!(both, Tensor::from([[6i32, 5, 4], [3, 2, 1]]));
        assert_eq!(both.slice(1, 1..).unwrap(), Tensor::from([[5i32, 4], [2, 1]]));
        assert_eq!(x.flip(&[]).unwrap(), x);
        let rows = Tensor::from([[1i32, 2, 3], [1, 2, 3], [4, 5, 6], [4, 5, 6]]);
        assert_eq!(x.repeat(0, 2).unwrap(), rows);
        assert_eq!(turned.repeat(-1, 2).unwrap(), rows.transpose().unwrap());
        let tiled = Tensor::from([[1i32, 4, 1, 4], [2, 5, 2, 5], [3, 6, 3, 6]]);
        assert_eq!(turned.tile(1, 2).unwrap(), tiled);
        let wide = Tensor::from([[1i32], [2]]).broadcast_to([2, 3]).unwrap();
        assert_eq!(wide.flip(&[0, 1]).unwrap(), Tensor::from([[2i32; 3], [1; 3]]));
        let empty = Tensor::zeros([2, 0]);
        assert_eq!(empty.flip(&[0, 1]).unwrap(), empty);
        assert_eq!(empty.tile(0, 2).unwrap(), Tensor::zeros([4, 0]));
        assert_eq!(*x.repeat(1, 0).unwrap().shape(), [2, 0]);
        assert_eq!(*Tensor::zeros([1; 8]).tile(7, 3).unwrap().shape(), [1, 1, 1, 1, 1, 1, 1, 3]);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let x = Tensor::zeros([2, 3]);
        let error = x.flip(&[1, -1]).unwrap_err().to_string();
        let expected = "`flip` expected `axes` to be each axis once, \
                        found -1 again in [1, -1] for shape (2, 3)";
        assert_eq!(error, expected);
        let error = x.tile(2, 2).unwrap_err().to_string();
        assert_eq!(error, "`tile` expected an axis from -2 to 1, found 2 for shape (2, 3)");
        let error = x.repeat(0, usize::MAX).unwrap_err().to_string();
        assert!(error.starts_with("`repeat` expected `count` to be small enough"), "{error}");
    }

    #[test]
    fn gradients_match_difference_quotients() {
        type Op = fn(&Tensor) -> Result<Tensor>;
        let ops: [(&str, Op); 3] = [
            ("flip", |x| x.flip(&[0])?.square()?.flip(&[0, 1])),
            ("repeat", |x| x.transpose()?.repeat(0, 3)?.square()),
            ("tile", |x| x.tile(-1, 2)?.square()),
        ];
        let x = Tensor::from([[0.3, -1.2, 2.5], [1.1, 0.9, -0.4]]);
        for (name, op) in ops {
            let error = check::gradients(|v| op(&v[0]), std::slice::from_ref(&x), 1e-5).unwrap();
            assert!(error < 1e-8, "{name}: {error}");
        }
    }
}
