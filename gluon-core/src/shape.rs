//! Shapes: the sizes of a tensor's axes, and how they lie in memory.

mod layout;
mod new_shape;

use std::fmt;
use std::ops::Deref;

pub(crate) use layout::Layout;
pub use layout::Strides;
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
/// assert_eq!(shape, Shape::from((2, 3)));
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

macro_rules! from_tuple {
    ($($size:ty)*) => {
        impl From<($($size,)*)> for Shape {
            fn from(dims: ($($size,)*)) -> Shape {
                Shape::from(<[usize; _]>::from(dims))
            }
        }
    };
}

from_tuple! { usize }
from_tuple! { usize usize }
from_tuple! { usize usize usize }
from_tuple! { usize usize usize usize }
from_tuple! { usize usize usize usize usize }
from_tuple! { usize usize usize usize usize usize }
from_tuple! { usize usize usize usize usize usize usize }
from_tuple! { usize usize usize usize usize usize usize usize }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_print_like_tuples_and_are_made_of_them() {
        for (shape, text) in [
            (().into(), "()"),
            ((3,).into(), "(3,)"),
            ((2, 3, 4).into(), "(2, 3, 4)"),
            ((1, 2, 3, 4, 5, 6, 7, 8).into(), "(1, 2, 3, 4, 5, 6, 7, 8)"),
        ] {
            let shape: Shape = shape;
            assert_eq!(shape.to_string(), text);
        }
        assert_eq!(Shape::from((2, 3)), Shape::from([2, 3]));
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
