//! Layouts: where the elements of a shape lie in memory.

use std::fmt;
use std::ops::Deref;

use super::{MAX_RANK, Shape};

/// The distance in elements between neighbours along each axis.
///
/// A broadcast axis has stride 0.
#[derive(Clone, Copy)]
pub struct Strides {
    rank: usize,
    steps: [isize; MAX_RANK],
}

impl Shape {
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
    fn strides_are_row_major_and_broadcast_to_zero() {
        let layout = Layout::contiguous(Shape::from([2, 1, 4]));
        assert_eq!(*layout.strides, [4, 4, 1]);
        assert!(layout.is_contiguous());
        let wide = layout.broadcast(&Shape::from([5, 2, 3, 4]));
        assert_eq!(*wide.strides, [0, 4, 0, 1]);
        assert!(!wide.is_contiguous());
    }
}
