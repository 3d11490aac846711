//! Shapes: the sizes of a tensor's axes, and the strides that lay them out in memory.

mod new_shape;

use std::fmt;
use std::ops::Deref;

pub use new_shape::{NewShape, NewSize};

/// The largest number of axes a tensor may have.
pub const MAX_RANK: usize = 8;

/// The sizes of a tensor's axes, outermost first.
///
/// A shape derefs to a slice of its sizes and prints like Gluon's: `(2, 3)`, `(3,)`, `()`.
///
/// In the shape of a [`Parameter`](crate::Parameter) a size of 0 stands for one that is not known
/// yet; see [`is_known`](Shape::is_known).
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::Shape;
///
/// let shape = Shape::from([2, 3]);
/// assert_eq!(shape.len(), 2);
/// assert_eq!(shape.size(), 6);
/// assert_eq!(shape.to_string(), "(2, 3)");
/// ```
#[derive(Clone, Copy, Eq)]
pub struct Shape {
    rank: usize,
    dims: [usize; MAX_RANK],
}

impl Shape {
    /// The shape of a scalar: no axes, one element.
    pub const SCALAR: Shape = Shape { rank: 0, dims: [0; MAX_RANK] };

    /// A shape of the given sizes, or `None` if there are more than [`MAX_RANK`].
    pub fn try_new(dims: &[usize]) -> Option<Shape> {
        let mut shape = Shape { rank: dims.len(), dims: [0; MAX_RANK] };
        shape.dims.get_mut(..dims.len())?.copy_from_slice(dims);
        Some(shape)
    }

    /// A shape of the given sizes.
    ///
    /// # Panics
    /// **If there are more than [`MAX_RANK`] axes**; [`try_new`](Shape::try_new) does not panic.
    #[track_caller]
    pub fn new(dims: &[usize]) -> Shape {
        Shape::try_new(dims)
            .unwrap_or_else(|| panic!("a tensor has at most {MAX_RANK} axes, found {}", dims.len()))
    }

    /// The sizes as a slice.
    pub fn dims(&self) -> &[usize] {
        &self.dims[..self.rank]
    }

    /// The sizes, to be changed in place.
    pub fn dims_mut(&mut self) -> &mut [usize] {
        &mut self.dims[..self.rank]
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// The number of elements: the product of all sizes, of a shape that a tensor can have;
    /// [`checked_size`](Shape::checked_size) is for others.
    pub fn size(&self) -> usize {
        self.dims().iter().fold(1, |size: usize, &dim| size.wrapping_mul(dim))
    }

    /// The number of elements, or `None` if no tensor can have this shape: its sizes multiply to more
    /// than `isize` counts. So that this holds of every axis and of every stride too, a size of 0
    /// counts as 1 there.
    pub fn checked_size(&self) -> Option<usize> {
        let product = |(extent, size, over): (usize, usize, bool), &dim: &usize| {
            let (extent, now) = extent.overflowing_mul(dim.max(1));
            (extent, size.wrapping_mul(dim), over || now)
        };
        let (extent, size, over) = self.dims().iter().fold((1, 1, false), product);
        (!over && isize::try_from(extent).is_ok()).then_some(size)
    }

    /// Whether every size is known: none is 0.
    pub fn is_known(&self) -> bool {
        !self.dims().contains(&0)
    }

    /// The shape that both broadcast to, by NumPy's rule: aligned at the last axis, a size of 1
    /// stretches to the other's; `None` if two other sizes differ, or if no tensor can have the shape
    /// ([`checked_size`](Shape::checked_size)).
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Shape;
    /// let sum = Shape::from([4, 1]).broadcast(&Shape::from([3]));
    /// assert_eq!(sum, Some(Shape::from([4, 3])));
    /// assert_eq!(Shape::from([2]).broadcast(&Shape::from([3])), None);
    /// ```
    pub fn broadcast(&self, other: &Shape) -> Option<Shape> {
        let (long, short) = if self.rank >= other.rank { (self, other) } else { (other, self) };
        let mut result = *long;
        let offset = long.rank() - short.rank();
        for (size, &dim) in result.dims_mut()[offset..].iter_mut().zip(short.dims()) {
            match (*size, dim) {
                (a, b) if a == b || b == 1 => {}
                (1, b) => *size = b,
                _ => return None,
            }
        }
        result.checked_size().map(|_| result)
    }

    /// The strides, in elements, of a row-major array of this shape, if a tensor can have it.
    #[inline]
    pub fn strides(&self) -> Strides {
        let mut strides = Strides { rank: self.rank, steps: [0; MAX_RANK] };
        let mut step = 1;
        for (stride, &size) in strides.steps_mut().iter_mut().zip(self.dims()).rev() {
            *stride = step;
            step = step.wrapping_mul(size as isize);
        }
        strides
    }

    /// The shape without axis `axis`.
    ///
    /// # Panics
    /// **If `axis` is not less than the rank.**
    #[track_caller]
    pub fn without(&self, axis: usize) -> Shape {
        assert!(axis < self.rank(), "axis {axis} of shape {self}");
        let mut result = *self;
        for later in axis + 1..self.rank {
            result.dims[later - 1] = self.dims[later];
        }
        result.rank -= 1;
        result.dims[result.rank] = 0;
        result
    }

    /// The shape with an axis of `size` inserted before axis `axis`, or `None` if it has
    /// [`MAX_RANK`] axes already or `axis` exceeds the rank.
    pub fn with(&self, axis: usize, size: usize) -> Option<Shape> {
        if self.rank() == MAX_RANK || axis > self.rank() {
            return None;
        }
        let mut result = Shape { rank: self.rank + 1, dims: [0; MAX_RANK] };
        result.dims[..axis].copy_from_slice(&self.dims()[..axis]);
        result.dims[axis] = size;
        result.dims[axis + 1..=self.rank()].copy_from_slice(&self.dims()[axis..]);
        Some(result)
    }
}

impl Deref for Shape {
    type Target = [usize];

    fn deref(&self) -> &[usize] {
        self.dims()
    }
}

impl PartialEq for Shape {
    #[inline]
    fn eq(&self, other: &Shape) -> bool {
        // Axis by axis: a few numbers are compared before a call of `memcmp` has begun.
        self.rank == other.rank && self.iter().zip(other.iter()).all(|(a, b)| a == b)
    }
}

impl std::hash::Hash for Shape {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.dims().hash(state);
    }
}

impl PartialEq<[usize]> for Shape {
    fn eq(&self, other: &[usize]) -> bool {
        self.dims() == other
    }
}

impl<const N: usize> PartialEq<[usize; N]> for Shape {
    fn eq(&self, other: &[usize; N]) -> bool {
        self.dims() == other
    }
}

impl<const N: usize> PartialEq<[usize; N]> for &Shape {
    fn eq(&self, other: &[usize; N]) -> bool {
        self.dims() == other
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.dims() {
            [one] => write!(f, "({one},)"),
            dims => {
                f.write_str("(")?;
                for (axis, dim) in dims.iter().enumerate() {
                    if axis > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{dim}")?;
                }
                f.write_str(")")
            }
        }
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(dims: [usize; N]) -> Shape {
        const { assert!(N <= MAX_RANK, "a tensor has at most 8 axes") };
        Shape::new(&dims)
    }
}

impl From<&Shape> for Shape {
    fn from(shape: &Shape) -> Shape {
        *shape
    }
}

impl From<()> for Shape {
    fn from((): ()) -> Shape {
        Shape::SCALAR
    }
}

impl From<&[usize]> for Shape {
    /// # Panics
    /// **If there are more than [`MAX_RANK`] sizes**; [`Shape::try_new`] does not panic.
    #[track_caller]
    fn from(dims: &[usize]) -> Shape {
        Shape::new(dims)
    }
}

impl<const N: usize> From<&[usize; N]> for Shape {
    fn from(dims: &[usize; N]) -> Shape {
        Shape::from(*dims)
    }
}

impl From<Vec<usize>> for Shape {
    /// # Panics
    /// As for a slice.
    #[track_caller]
    fn from(dims: Vec<usize>) -> Shape {
        Shape::new(&dims)
    }
}

impl From<usize> for Shape {
    fn from(dim: usize) -> Shape {
        Shape::from([dim])
    }
}

/// The distance in elements between neighbours along each axis.
///
/// A broadcast axis has stride 0.
#[derive(Clone, Copy)]
pub struct Strides {
    rank: usize,
    steps: [isize; MAX_RANK],
}

impl Strides {
    /// The strides of `shape` broadcast to `to`: 0 along each stretched or added axis.
    ///
    /// Both shapes are taken to be compatible, as [`Shape::broadcast`] checks.
    pub(crate) fn broadcast(&self, shape: &Shape, to: &Shape) -> Strides {
        let mut result = Strides { rank: to.rank, steps: [0; MAX_RANK] };
        let offset = to.rank() - shape.rank();
        for axis in 0..shape.rank() {
            if shape[axis] == to[offset + axis] {
                result.steps[offset + axis] = self.steps[axis];
            }
        }
        result
    }

    /// Strides of the given steps.
    #[cfg(test)]
    pub(crate) fn new(steps: &[isize]) -> Strides {
        let mut strides = Strides { rank: steps.len(), steps: [0; MAX_RANK] };
        strides.steps[..steps.len()].copy_from_slice(steps);
        strides
    }

    pub(crate) fn steps_mut(&mut self) -> &mut [isize] {
        &mut self.steps[..self.rank]
    }
}

impl Deref for Strides {
    type Target = [isize];

    fn deref(&self) -> &[isize] {
        &self.steps[..self.rank]
    }
}

impl PartialEq for Strides {
    fn eq(&self, other: &Strides) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Strides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// How a tensor's elements lie in its buffer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Layout {
    pub(crate) shape: Shape,
    pub(crate) strides: Strides,
    /// Index of the first element in the buffer.
    pub(crate) offset: usize,
}

impl Layout {
    /// The row-major layout of `shape` from the start of its buffer.
    pub(crate) fn contiguous(shape: Shape) -> Layout {
        Layout { shape, strides: shape.strides(), offset: 0 }
    }

    /// Makes this the row-major layout of `shape`, with the same first element.
    ///
    /// Numbers are written where they stay: copies of what was just written are slow.
    #[inline]
    pub(crate) fn set_shape(&mut self, shape: &Shape) {
        (self.shape.rank, self.strides.rank) = (shape.rank, shape.rank);
        let mut step = 1;
        for axis in (0..shape.rank).rev() {
            let size = shape.dims[axis];
            (self.shape.dims[axis], self.strides.steps[axis]) = (size, step);
            step = step.wrapping_mul(size as isize);
        }
    }

    /// Whether the elements lie one after another in row-major order.
    pub(crate) fn is_contiguous(&self) -> bool {
        let mut step = 1isize;
        for (&dim, &stride) in self.shape.iter().zip(self.strides.iter()).rev() {
            if dim != 1 && stride != step {
                return false;
            }
            step = step.wrapping_mul(dim as isize);
        }
        true
    }

    /// The same elements seen as `to`, to which the shape broadcasts.
    pub(crate) fn broadcast(&self, to: &Shape) -> Layout {
        Layout { shape: *to, strides: self.strides.broadcast(&self.shape, to), offset: self.offset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_print_like_tuples() {
        assert_eq!(Shape::SCALAR.to_string(), "()");
        assert_eq!(Shape::from([3]).to_string(), "(3,)");
        assert_eq!(Shape::from([2, 3, 4]).to_string(), "(2, 3, 4)");
    }

    #[test]
    fn sizes_may_be_borrowed_or_collected() {
        let shape = Shape::new(&[2, 3]);
        assert_eq!([Shape::from(&[2, 3]), Shape::from(vec![2, 3])], [shape; 2]);
    }

    #[test]
    fn sizes_that_overflow_are_known() {
        const LARGE: usize = 1 << 40;
        for (dims, size) in [
            (&[LARGE, LARGE][..], None),
            (&[LARGE, LARGE, 0], None),
            (&[0, LARGE, LARGE], None),
            (&[usize::MAX], None),
            (&[isize::MAX as usize, 0], Some(0)),
            (&[LARGE, 2], Some(2 * LARGE)),
        ] {
            let shape = Shape::new(dims);
            assert_eq!(shape.checked_size(), size);
            assert!(size.is_none_or(|size| shape.size() == size));
            let (one, result) = (Shape::from(1), size.map(|_| shape));
            assert_eq!(one.broadcast(&shape), result);
            assert_eq!(shape.broadcast(&one), result);
            assert!(Layout::contiguous(shape).is_contiguous());
        }
    }

    #[test]
    fn broadcasting_follows_numpy() {
        type Case<'c> = (&'c [usize], &'c [usize], Option<&'c [usize]>);
        let cases: &[Case<'_>] = &[
            (&[2, 3], &[3], Some(&[2, 3])),
            (&[2, 1], &[1, 3], Some(&[2, 3])),
            (&[], &[4], Some(&[4])),
            (&[0, 1], &[1, 5], Some(&[0, 5])),
            (&[2, 3], &[2], None),
        ];
        for (a, b, expected) in cases {
            let (a, b) = (Shape::new(a), Shape::new(b));
            assert_eq!(a.broadcast(&b), expected.map(Shape::new), "{a} {b}");
            assert_eq!(b.broadcast(&a), expected.map(Shape::new), "{b} {a}");
        }
    }

    #[test]
    fn strides_are_row_major_and_broadcast_to_zero() {
        let layout = Layout::contiguous(Shape::from([2, 1, 4]));
        assert_eq!(*layout.strides, [4, 4, 1]);
        assert!(layout.is_contiguous());
        let wide = layout.broadcast(&Shape::from([5, 2, 3, 4]));
        assert_eq!(*wide.strides, [0, 4, 0, 1]);
        assert!(!wide.is_contiguous());
    }

    #[test]
    fn more_axes_than_fit_are_refused() {
        assert!(Shape::try_new(&[1; MAX_RANK + 1]).is_none());
        assert!(Shape::from([1; MAX_RANK]).with(0, 2).is_none());
    }

    #[test]
    fn axes_come_and_go() {
        let shape = Shape::from([2, 3, 4]);
        assert_eq!(shape.without(1), [2, 4]);
        assert_eq!(shape.with(1, 7), Some(Shape::from([2, 7, 3, 4])));
        assert_eq!(shape.with(3, 7), Some(Shape::from([2, 3, 4, 7])));
    }
}
