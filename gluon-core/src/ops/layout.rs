//! Other views of the same elements: reshaping, permuting, slicing, broadcasting.

use std::ops::{Bound, RangeBounds};

use crate::autograd::record_op;
use crate::buffer::for_float;
use crate::error::{Error, Result};
use crate::kernel;
use crate::shape::{Layout, NewShape, Shape};
use crate::tensor::Tensor;

/// The index of axis `axis`, in which negative numbers count from the end.
pub(crate) fn resolve_axis(op: &'static str, axis: isize, shape: &Shape) -> Result<usize> {
    let rank = shape.rank() as isize;
    let index = if axis < 0 { axis + rank } else { axis };
    if (0..rank).contains(&index) {
        Ok(index as usize)
    } else {
        Err(Error::BadAxis { op, axis, shape: *shape })
    }
}

/// How many places there are before axis `axis`, along it, and behind it.
pub(super) fn around(axis: usize, shape: &Shape) -> [usize; 3] {
    [shape[..axis].iter().product(), shape[axis], shape[axis + 1..].iter().product()]
}

impl Tensor {
    /// The same elements in row-major order as `shape`, in which one size may be -1, for whatever
    /// the number of elements leaves: `x.reshape([-1, 10])`, and beside a `usize`
    /// `x.reshape([-1, units as isize])`. A scalar's shape is `()`.
    ///
    /// # Errors
    /// [`Error::ElementCount`] if the shape has another number of elements;
    /// [`Error::BadArgument`] if it has a size of -1 that nothing fits, or other negative ones.
    ///
    /// # Panics
    /// **If `shape` is a slice of more than [`MAX_RANK`](crate::shape::MAX_RANK) sizes.**
    #[doc(alias = "view", alias = "flatten")]
    pub fn reshape(&self, shape: impl Into<NewShape>) -> Result<Tensor> {
        let (op, sizes): (_, NewShape) = ("reshape", shape.into());
        let Some(shape) = sizes.of(self.size()) else {
            return Err(Error::BadArgument {
                op,
                argument: "shape",
                expected: "sizes that divide the number of elements, with one of -1 at most",
                found: format!("{} for {} elements", sizes.written(), self.size()),
            });
        };
        let expected = shape.checked_size().unwrap_or(usize::MAX);
        if expected != self.size() {
            return Err(Error::ElementCount { op, shape, expected, found: self.size() });
        }
        let source = self.to_contiguous();
        let y = source.relayout(|layout| {
            layout.shape = shape;
            layout.strides = shape.strides();
        });
        record_op(op, [self], y, |_| {
            let shape = *self.shape();
            move |dy, gradients| gradients.add(0, dy.reshape(shape)?)
        })
    }

    /// All axes after the first merged into one: `[batch, ..] → [batch, rest]`.
    ///
    /// # Errors
    /// [`Error::BadShape`] for a scalar.
    pub fn flatten(&self) -> Result<Tensor> {
        let Some((&batch, rest)) = self.shape().split_first() else {
            let expected = "at least one axis";
            return Err(Error::BadShape { op: "flatten", expected, found: *self.shape() });
        };
        if rest.len() == 1 {
            return Ok(self.clone());
        }
        self.reshape([batch, Shape::new(rest).size()])
    }

    /// The axes in another order: axis `axes[i]` becomes axis `i`.
    ///
    /// # Errors
    /// [`Error::BadArgument`] if `axes` is not a permutation of the axes.
    #[doc(alias = "permute_axes", alias = "swap_dims")]
    pub fn permute(&self, axes: &[usize]) -> Result<Tensor> {
        let op = "permute";
        let mut inverse = [usize::MAX; crate::shape::MAX_RANK];
        let valid = axes.len() == self.rank()
            && axes.iter().enumerate().all(|(to, &from)| {
                from < axes.len() && std::mem::replace(&mut inverse[from], to) == usize::MAX
            });
        if !valid {
            return Err(Error::BadArgument {
                op,
                argument: "axes",
                expected: "each axis once",
                found: format!("{axes:?} for shape {}", self.shape()),
            });
        }
        let y = self.relayout(|layout| {
            let old = *layout;
            for (to, &from) in axes.iter().enumerate() {
                layout.shape.dims_mut()[to] = old.shape[from];
                layout.strides.steps_mut()[to] = old.strides[from];
            }
        });
        let rank = axes.len();
        record_op(op, [self], y, |_| {
            move |dy, gradients| gradients.add(0, dy.permute(&inverse[..rank])?)
        })
    }

    /// The last two axes exchanged.
    ///
    /// # Errors
    /// [`Error::BadShape`] if there are fewer than two.
    #[doc(alias = "t")]
    pub fn transpose(&self) -> Result<Tensor> {
        let rank = self.rank();
        if rank < 2 {
            let expected = "at least two axes";
            return Err(Error::BadShape { op: "transpose", expected, found: *self.shape() });
        }
        let mut axes = [0, 1, 2, 3, 4, 5, 6, 7];
        axes.swap(rank - 1, rank - 2);
        self.permute(&axes[..rank])
    }

    /// An axis of size 1 inserted before axis `axis`; −1 appends it.
    ///
    /// # Errors
    /// [`Error::BadAxis`] if there is no such place, [`Error::TooManyAxes`] if no axis fits.
    #[doc(alias = "unsqueeze", alias = "insert_axis")]
    pub fn expand_dims(&self, axis: isize) -> Result<Tensor> {
        self.expanded("expand_dims", axis)
    }

    /// [`expand_dims`](Tensor::expand_dims) for `op`.
    pub(super) fn expanded(&self, op: &'static str, axis: isize) -> Result<Tensor> {
        let rank = self.rank();
        let too_many = || Error::TooManyAxes { op, found: rank + 1 };
        // The places are those of the axes of the result.
        let wide = self.shape().with(rank, 1).ok_or_else(too_many)?;
        let place = resolve_axis(op, axis, &wide)?;
        self.reshape(self.shape().with(place, 1).ok_or_else(too_many)?)
    }

    /// Axis `axis`, which must be of size 1, removed.
    ///
    /// # Errors
    /// [`Error::BadAxis`] if there is no such axis, [`Error::BadShape`] if its size is not 1.
    pub fn squeeze(&self, axis: isize) -> Result<Tensor> {
        let op = "squeeze";
        let axis = resolve_axis(op, axis, self.shape())?;
        if self.shape()[axis] != 1 {
            let expected = "an axis of size 1";
            return Err(Error::BadShape { op, expected, found: *self.shape() });
        }
        self.reshape(self.shape().without(axis))
    }

    /// The elements whose index along axis `axis` lies in `range`.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Tensor;
    /// let x = Tensor::from([[1.0f32, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// assert_eq!(x.slice(1, 1..)?, Tensor::from([[2.0f32, 3.0], [5.0, 6.0]]));
    /// assert_eq!(x.slice(0, 1..2)?, Tensor::from([[4.0f32, 5.0, 6.0]]));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::BadAxis`] if there is no such axis, [`Error::BadRange`] if the range leaves it.
    #[doc(alias = "narrow")]
    pub fn slice(&self, axis: isize, range: impl RangeBounds<usize>) -> Result<Tensor> {
        self.part("slice", axis, range)
    }

    /// [`slice`](Tensor::slice) for `op`.
    fn part(
        &self,
        op: &'static str,
        axis: isize,
        range: impl RangeBounds<usize>,
    ) -> Result<Tensor> {
        let axis = resolve_axis(op, axis, self.shape())?;
        let size = self.shape()[axis];
        let start = match range.start_bound() {
            Bound::Included(&start) => start,
            Bound::Excluded(&start) => start.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(&end) => end.saturating_add(1),
            Bound::Excluded(&end) => end,
            Bound::Unbounded => size,
        };
        if start > end || end > size {
            return Err(Error::BadRange { op, axis, start, end, size });
        }
        let y = self.relayout(|layout| {
            layout.shape.dims_mut()[axis] = end - start;
            // An empty result would begin beyond the end of its buffer.
            if layout.shape.size() > 0 {
                layout.offset += start * layout.strides[axis] as usize;
            }
        });
        record_op(op, [self], y, |_| {
            let like = self.detach();
            move |dy, gradients| {
                let mut region = Layout::contiguous(*like.shape());
                region.offset = start * region.strides[axis] as usize;
                region.shape.dims_mut()[axis] = end - start;
                for_float!(dy, op, T => {
                    let dy = dy.as_contiguous::<T>().unwrap_or_default();
                    gradients.write::<T>(0, &like, |dx, accumulate| {
                        if !accumulate {
                            dx.fill(0.0);
                        }
                        kernel::layout::scatter_add(dy, dx, &region);
                    })
                })
            }
        })
    }

    /// The element `index` of axis `axis`, which disappears.
    ///
    /// # Errors
    /// [`Error::BadAxis`] if there is no such axis, [`Error::BadArgument`] if the index leaves it.
    #[doc(alias = "index_axis")]
    pub fn select(&self, axis: isize, index: usize) -> Result<Tensor> {
        let op = "select";
        let place = resolve_axis(op, axis, self.shape())?;
        if index >= self.shape()[place] {
            let expected = "less than the size of the axis";
            let found = format!("{index} for axis {place} of shape {}", self.shape());
            return Err(Error::BadArgument { op, argument: "index", expected, found });
        }
        let part = self.part(op, axis, index..index + 1)?;
        part.reshape(self.shape().without(place))
    }

    /// The elements repeated so that the shape is `shape`, to which this one must broadcast.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if it does not, or if no tensor can have that shape
    /// ([`Shape::checked_size`]).
    ///
    /// # Panics
    /// **If `shape` is a slice of more than [`MAX_RANK`](crate::shape::MAX_RANK) sizes.**
    #[doc(alias = "expand", alias = "broadcast_as")]
    pub fn broadcast_to(&self, shape: impl Into<Shape>) -> Result<Tensor> {
        let (op, shape) = ("broadcast_to", shape.into());
        if self.shape().broadcast(&shape) != Some(shape) {
            return Err(Error::ShapeMismatch { op, lhs: *self.shape(), rhs: shape });
        }
        let y = self.with_layout(self.layout().broadcast(&shape));
        record_op(op, [self], y, |_| {
            let shape = *self.shape();
            move |dy, gradients| gradients.add_reduced(0, dy.clone(), &shape)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::check;

    fn cube() -> Tensor {
        Tensor::from_vec((0..24).map(f64::from).collect(), [2, 3, 4]).unwrap()
    }

    #[test]
    fn views_show_the_right_elements() {
        let x = cube();
        let y = x.permute(&[2, 0, 1]).unwrap();
        assert_eq!(*y.shape(), [4, 2, 3]);
        let expected: Vec<f64> =
            (0..4).flat_map(|c| (0..6).map(move |ab| f64::from(4 * ab + c))).collect();
        assert_eq!(y.to_vec::<f64>().unwrap(), expected);
        let z = y.slice(0, 1..=2).unwrap().reshape([2, 6]).unwrap();
        assert_eq!(z.to_vec::<f64>().unwrap(), expected[6..18]);
        assert_eq!(
            x.select(1, 2).unwrap().to_vec::<f64>().unwrap(),
            [8., 9., 10., 11., 20., 21., 22., 23.]
        );
        assert_eq!(*x.expand_dims(-1).unwrap().shape(), [2, 3, 4, 1]);
        assert_eq!(*x.expand_dims(0).unwrap().squeeze(0).unwrap().shape(), [2, 3, 4]);
        assert_eq!(*x.flatten().unwrap().shape(), [2, 12]);
        let after = (Bound::Excluded(0), Bound::Unbounded);
        assert_eq!(x.slice(0, after).unwrap(), x.slice(0, 1..).unwrap());
        let deep = Tensor::zeros([1, 2, 3, 4, 1, 2, 3, 4]).transpose().unwrap();
        assert_eq!(*deep.shape(), [1, 2, 3, 4, 1, 2, 4, 3]);
        let wide = Tensor::from([[1.0], [2.0]]).broadcast_to([2, 2, 3]).unwrap();
        assert_eq!(wide.to_vec::<f64>().unwrap(), [1., 1., 1., 2., 2., 2., 1., 1., 1., 2., 2., 2.]);
        assert_eq!(wide.view::<f64>().unwrap().sum(), 18.0);
    }

    #[test]
    fn empty_views_are_like_other_tensors() {
        let empty = Tensor::zeros([0, 100]).slice(1, 50..).unwrap();
        assert_eq!(*empty.view::<f32>().unwrap().shape(), [0, 50]);
        assert_eq!(Tensor::zeros([3, 0]).matmul(&empty).unwrap(), Tensor::zeros([3, 50]));
        assert!(empty.to_string().contains("(0, 50)"));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let x = cube();
        let text = |r: Result<Tensor>| r.unwrap_err().to_string();
        assert_eq!(text(x.reshape([5])), "`reshape` expected 5 elements for shape (5,), found 24");
        assert_eq!(
            text(x.reshape([-1, 5])),
            "`reshape` expected `shape` to be sizes that divide the number of elements, with one \
             of -1 at most, found (-1, 5) for 24 elements"
        );
        assert_eq!(
            text(x.slice(3, ..)),
            "`slice` expected an axis from -3 to 2, found 3 for shape (2, 3, 4)"
        );
        assert_eq!(
            text(x.slice(-1, 2..5)),
            "`slice` expected a range within 0..4 of axis 2, found 2..5"
        );
        let backwards = (Bound::Included(2), Bound::Excluded(1));
        assert_eq!(
            text(x.slice(-1, backwards)),
            "`slice` expected a range within 0..4 of axis 2, found 2..1"
        );
        assert!(x.permute(&[1, 0]).is_err() && x.permute(&[0, 1, 3]).is_err());
        assert!(x.permute(&[0, 1, 100]).is_err());
        let deep = Tensor::zeros([1; 8]).expand_dims(0).unwrap_err().to_string();
        assert!(deep.contains("found 9"), "{deep}");
        assert_eq!(
            text(x.permute(&[0, 0, 1])),
            "`permute` expected `axes` to be each axis once, found [0, 0, 1] for shape (2, 3, 4)"
        );
        assert_eq!(
            text(x.broadcast_to([3, 4])),
            "`broadcast_to` cannot combine shapes (2, 3, 4) and (3, 4)"
        );
        assert_eq!(
            text(x.select(0, 2)),
            "`select` expected `index` to be less than the size of the axis, found 2 for axis 0 of shape (2, 3, 4)"
        );
        assert_eq!(
            text(x.expand_dims(4)),
            "`expand_dims` expected an axis from -4 to 3, found 4 for shape (2, 3, 4, 1)"
        );
        let large = 1usize << 40;
        for (small, wide) in [
            (Tensor::ones([1, 1]), Shape::from([large, large])),
            (Tensor::ones([1]), Shape::from([large, large])),
            (Tensor::ones([1, 1, 0]), Shape::from([large, large, 0])),
            (Tensor::ones(()), Shape::from([usize::MAX])),
        ] {
            assert!(small.broadcast_to(wide).is_err(), "{wide}");
        }
        assert!(Tensor::zeros([large, 0]).reshape([large, large, 0]).is_err());
        let sides =
            [[large, 1], [1, large]].map(|to| Tensor::ones([1, 1]).broadcast_to(to).unwrap());
        assert!(sides[0].add(&sides[1]).is_err() && sides[0].matmul(&sides[1]).is_err());
        assert!(std::panic::catch_unwind(|| Tensor::zeros([large, large])).is_err());
        assert_eq!(
            text(x.squeeze(1)),
            "`squeeze` expected an axis of size 1, found shape (2, 3, 4)"
        );
        assert_eq!(
            text(Tensor::from(1.0).flatten()),
            "`flatten` expected at least one axis, found shape ()"
        );
    }

    #[test]
    fn gradients_match_difference_quotients() {
        type Op = fn(&Tensor) -> Result<Tensor>;
        let ops: [(&str, Op); 8] = [
            ("reshape", |x| x.reshape([6, -1])),
            ("permute", |x| x.permute(&[2, 0, 1])),
            ("transpose", |x| x.transpose()),
            ("slice", |x| x.slice(1, 1..3)),
            ("select", |x| x.select(-1, 2)),
            ("twice", |x| x.slice(0, 0..1)?.add(&x.slice(0, 1..2)?)),
            ("broadcast", |x| x.expand_dims(1)?.broadcast_to([2, 5, 3, 4])),
            ("mixed", |x| x.permute(&[1, 2, 0])?.slice(1, 1..)?.reshape([3, 6])?.square()),
        ];
        let x = cube().mul(0.1).unwrap();
        for (name, op) in ops {
            let error = check::gradients(|v| op(&v[0]), std::slice::from_ref(&x), 1e-5).unwrap();
            assert!(error < 1e-8, "{name}: {error}");
        }
    }
}
