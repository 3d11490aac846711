//! Elements and rows chosen by indices.

use crate::autograd::record_op;
use crate::buffer::{for_dtype, for_float};
use crate::dtype::Element;
use crate::error::{Error, Result};
use crate::kernel::gather;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// The index below `bound` that a number is.
///
/// # Errors
/// [`Error::IndexOutOfRange`] if it is none.
#[inline]
pub(crate) fn index_below(
    op: &'static str,
    index: f64,
    bound: usize,
    position: usize,
) -> Result<usize> {
    whole_below(index, bound).ok_or_else(|| Error::IndexOutOfRange { op, index, bound, position })
}

#[inline]
fn whole_below(index: f64, bound: usize) -> Option<usize> {
    // Of what is no whole number, or NaN, this is another one.
    let whole = index as usize;
    (whole < bound && whole as f64 == index).then_some(whole)
}

/// The values of `index` as indices below `bound`, as `u64`.
pub(super) fn checked(op: &'static str, index: &Tensor, bound: usize) -> Result<Tensor> {
    let index = index.contiguous();
    let mut all_valid = true;
    let indices = Tensor::build::<u64>(*index.shape(), index.device(), |indices| {
        for_dtype!(index.dtype(), T => {
            let values = index.as_contiguous::<T>().unwrap_or_default();
            for (place, value) in indices.iter_mut().zip(values) {
                let index = whole_below(value.to_f64(), bound);
                all_valid &= index.is_some();
                *place = index.unwrap_or_default() as u64;
            }
        });
    });
    if !all_valid {
        for_dtype!(index.dtype(), T => {
            let values = index.as_contiguous::<T>().unwrap_or_default();
            for (position, value) in values.iter().enumerate() {
                index_below(op, value.to_f64(), bound, position)?;
            }
        });
    }
    Ok(indices)
}

/// The classes that `index` names, one for each row of `x`, whose last axis has `columns` elements, as
/// `u64`.
pub(super) fn classes(
    op: &'static str,
    x: &Tensor,
    index: &Tensor,
    columns: usize,
) -> Result<Tensor> {
    check_count(op, x, index)?;
    checked(op, index, columns)
}

fn check_count(op: &'static str, x: &Tensor, index: &Tensor) -> Result<()> {
    let rows = x.shape()[..x.rank() - 1].iter().product::<usize>();
    if index.size() != rows {
        return Err(Error::ShapeMismatch { op, lhs: *x.shape(), rhs: *index.shape() });
    }
    Ok(())
}

impl Tensor {
    /// The element of each row (the last axis) that `index` names.
    ///
    /// # Shapes
    /// `self: [.., n]`, `index: [..]` of any numeric type → `[..]`
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if there is not one index a row, [`Error::IndexOutOfRange`] if one
    /// is not in the row.
    pub fn pick(&self, index: &Tensor) -> Result<Tensor> {
        let op = "pick";
        let columns = super::softmax::columns(op, self)?;
        check_count(op, self, index)?;
        let mut flat = checked(op, index, columns)?;
        for (row, place) in flat.make_mut::<u64>(op)?.iter_mut().enumerate() {
            *place += (row * columns) as u64;
        }
        let shape = self.shape().without(self.rank() - 1);
        rows(op, self, 1, flat, shape)
    }

    /// The rows (slices of the first axis) that `index` names, in its order.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Tensor;
    /// let x = Tensor::from([[1.0f32, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// let y = x.take(&Tensor::from([2i64, 0]))?;
    /// assert_eq!(y, Tensor::from([[5.0f32, 6.0], [1.0, 2.0]]));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Shapes
    /// `self: [n, ..]`, `index: [..i]` → `[..i, ..]`
    ///
    /// # Errors
    /// [`Error::BadShape`] for a scalar, [`Error::IndexOutOfRange`] if an index is not a row,
    /// [`Error::TooManyAxes`] if the result has more axes than fit.
    #[doc(alias = "index_select", alias = "embedding")]
    pub fn take(&self, index: &Tensor) -> Result<Tensor> {
        let op = "take";
        let Some((&count, rest)) = self.shape().split_first() else {
            let expected = "at least one axis";
            return Err(Error::BadShape { op, expected, found: *self.shape() });
        };
        let found = index.rank() + rest.len();
        let shape =
            rest.iter().try_fold(*index.shape(), |shape, &size| shape.with(shape.rank(), size));
        let shape = shape.ok_or(Error::TooManyAxes { op, found })?;
        rows(op, self, rest.iter().product(), checked(op, index, count)?, shape)
    }

    /// [`take`](Tensor::take) for indices at hand: `[n, ..] → [index.len(), ..]`.
    #[cfg(feature = "data")]
    pub(crate) fn take_rows(&self, op: &'static str, index: &[usize]) -> Result<Tensor> {
        let Some((&bound, rest)) = self.shape().split_first() else {
            let expected = "at least one axis";
            return Err(Error::BadShape { op, expected, found: *self.shape() });
        };
        if let Some(position) = index.iter().position(|&row| row >= bound) {
            let index = index[position] as f64;
            return Err(Error::IndexOutOfRange { op, index, bound, position });
        }
        let mut shape = *self.shape();
        shape.dims_mut()[0] = index.len();
        let indices = Tensor::build::<u64>(index.len().into(), self.device(), |indices| {
            for (place, &row) in indices.iter_mut().zip(index) {
                *place = row as u64;
            }
        });
        rows(op, self, rest.iter().product(), indices, shape)
    }

    /// For each class in this tensor a row of `classes` zeros with a 1 at the class, as `float32`.
    ///
    /// # Shapes
    /// `[..]` → `[.., classes]`
    ///
    /// # Errors
    /// [`Error::IndexOutOfRange`] if an element is not a class, [`Error::TooManyAxes`] if no axis
    /// fits.
    pub fn one_hot(&self, classes: usize) -> Result<Tensor> {
        let op = "one_hot";
        let index = checked(op, self, classes)?;
        let found = self.rank() + 1;
        let shape = self.shape().with(self.rank(), classes);
        let shape = shape.ok_or(Error::TooManyAxes { op, found })?;
        Ok(Tensor::build::<f32>(shape, self.device(), |out| {
            out.fill(0.0);
            let index = index.as_contiguous::<u64>().unwrap_or_default();
            for (row, &index) in out.chunks_exact_mut(classes.max(1)).zip(index) {
                row[index as usize] = 1.0;
            }
        }))
    }
}

/// The rows of `width` elements that `index` names, `u64` that are rows, as `shape`.
pub(super) fn rows(
    op: &'static str,
    x: &Tensor,
    width: usize,
    index: Tensor,
    shape: Shape,
) -> Result<Tensor> {
    let source = x.to_contiguous();
    let y = for_dtype!(source.dtype(), T => {
        let table = source.as_contiguous::<T>().unwrap_or_default();
        let index = index.as_contiguous().unwrap_or_default();
        Tensor::build::<T>(shape, x.device(), |y| gather::gather(table, width, index, y))
    });
    record_op(op, [x], y, |_| {
        move |dy, gradients| {
            for_float!(dy, op, T => {
                let dy = dy.as_contiguous::<T>().unwrap_or_default();
                let index = index.as_contiguous().unwrap_or_default();
                gradients.write::<T>(0, &source, |dx, accumulate| {
                    if !accumulate {
                        dx.fill(T::from_f64(0.0));
                    }
                    gather::scatter_add(dy, width, index, dx);
                })
            })
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::check;

    #[test]
    fn rows_and_elements_are_those_named() {
        let x = Tensor::from([[1i32, 2, 3], [4, 5, 6]]);
        assert_eq!(x.pick(&Tensor::from([2.0f32, 0.0])).unwrap(), Tensor::from([3i32, 4]));
        let y = x.take(&Tensor::from([[1i64, 1], [0, 1]])).unwrap();
        assert_eq!(*y.shape(), [2, 2, 3]);
        assert_eq!(y.to_vec::<i32>().unwrap(), [4, 5, 6, 4, 5, 6, 1, 2, 3, 4, 5, 6]);
        let hot = Tensor::from([1u8, 0]).one_hot(3).unwrap();
        assert_eq!(hot, Tensor::from([[0.0f32, 1.0, 0.0], [1.0, 0.0, 0.0]]));
        assert_eq!(Tensor::zeros([0]).one_hot(0).unwrap(), Tensor::zeros([0, 0]));
    }

    #[test]
    fn indices_out_of_range_are_errors() {
        let x = Tensor::zeros([2, 3]);
        let error = x.take(&Tensor::from([0i64, 2])).unwrap_err().to_string();
        assert_eq!(error, "`take` expected an index from 0 to 1, found 2 at position 1");
        assert!(x.pick(&Tensor::from([0i64])).is_err());
        assert!(Tensor::from([5u8]).one_hot(5).is_err());
        let deep = Tensor::zeros([1; 8]);
        let error = deep.take(&Tensor::zeros([1, 1])).unwrap_err().to_string();
        assert!(error.contains("found 9"), "{error}");
        let error = deep.one_hot(1).unwrap_err().to_string();
        assert!(error.contains("found 9"), "{error}");
    }

    #[test]
    fn fractions_are_no_indices() {
        let x = Tensor::zeros([1, 10]);
        let fraction = Tensor::from([1.7f32]);
        let error = x.pick(&fraction).unwrap_err().to_string();
        assert!(
            error.starts_with("`pick` expected a whole number from 0 to 9, found 1.7"),
            "{error}"
        );
        assert!(fraction.one_hot(10).is_err() && x.softmax_cross_entropy(&fraction).is_err());
        assert!(Tensor::zeros([10, 1]).take(&Tensor::from([-0.5])).is_err());
        for none in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
            assert!(x.pick(&Tensor::from([none])).is_err(), "{none}");
        }
        assert_eq!(x.pick(&Tensor::from([-0.0])).unwrap(), Tensor::zeros([1]));
    }

    #[test]
    fn gradients_of_repeated_rows_add_up() {
        let x = Tensor::from([[0.5, -1.0], [2.0, 0.1], [1.0, 1.5]]);
        let index = Tensor::from([2i64, 0, 2]);
        let take =
            check::gradients(|v| v[0].take(&index)?.square(), std::slice::from_ref(&x), 1e-5)
                .unwrap();
        assert!(take < 1e-8, "{take}");
        let label = Tensor::from([1i64, 0, 1]);
        assert!(check::gradients(|v| v[0].pick(&label)?.square(), &[x], 1e-5).unwrap() < 1e-8);
    }
}
