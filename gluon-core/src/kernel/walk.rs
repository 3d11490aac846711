//! Walks: visiting the elements of several strided operands in step, row by row.

use std::ops::Range;

use crate::shape::{Layout, MAX_RANK};

/// The common axes of `N` layouts of one shape, merged wherever all of them allow it.
///
/// The innermost axis that remains is the row; kernels loop over it themselves.
pub(crate) struct Walk<const N: usize> {
    /// Axes outside the row, outermost first: size and the stride in each operand.
    outer: [(usize, [isize; N]); MAX_RANK],
    rank: usize,
    /// The number of elements of a row.
    pub(crate) len: usize,
    /// The stride within a row in each operand.
    pub(crate) steps: [isize; N],
    /// The first element in each operand.
    pub(crate) start: [usize; N],
}

/// The matrices made of the two innermost axes of a [`Walk`].
pub(crate) struct Matrices<'w, const N: usize> {
    outer: &'w [(usize, [isize; N])],
    start: [usize; N],
    /// The rows of a matrix.
    pub(crate) rows: usize,
    /// The stride between them in each operand.
    pub(crate) strides: [isize; N],
}

impl<const N: usize> Matrices<'_, N> {
    /// Each of `matrices` with its first element in each operand.
    pub(crate) fn starts(&self, matrices: Range<usize>) -> Starts<'_, N> {
        Starts::new(self.outer, self.start, matrices)
    }
}

impl<const N: usize> Walk<N> {
    /// The walk over `layouts`, which have one shape.
    pub(crate) fn new(layouts: [&Layout; N]) -> Walk<N> {
        let shape = layouts[0].shape;
        debug_assert!(layouts.iter().all(|layout| layout.shape == shape));
        let axes = shape.iter().enumerate().map(|(axis, &size)| {
            (size, std::array::from_fn(|operand| layouts[operand].strides[axis]))
        });
        Walk::over(axes, layouts.map(|layout| layout.offset))
    }

    /// The walk over `axes`, each a size and its strides, from the elements `start`.
    pub(crate) fn over(
        axes: impl IntoIterator<Item = (usize, [isize; N])>,
        start: [usize; N],
    ) -> Walk<N> {
        let mut outer = [(1, [0; N]); MAX_RANK];
        let mut rank = 0;
        for (size, strides) in axes {
            if size == 1 {
                continue;
            }
            // The axis before continues this one if its stride is this axis's extent.
            if let Some((before, steps)) = outer[..rank].last_mut()
                && (0..N).all(|operand| steps[operand] == strides[operand] * size as isize)
            {
                *before *= size;
                *steps = strides;
            } else {
                outer[rank] = (size, strides);
                rank += 1;
            }
        }
        match rank.checked_sub(1) {
            Some(last) => {
                let (len, steps) = outer[last];
                Walk { outer, rank: last, len, steps, start }
            }
            None => Walk { outer, rank, len: 1, steps: [1; N], start },
        }
    }

    /// The number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.outer[..self.rank].iter().map(|&(size, _)| size).product()
    }

    /// The matrices made of the two innermost axes. A single row is a matrix of one.
    pub(crate) fn matrices(&self) -> Matrices<'_, N> {
        let (outer, rows, strides) = match self.outer[..self.rank].split_last() {
            Some((&(rows, strides), outer)) => (outer, rows, strides),
            None => (&[][..], 1, [0; N]),
        };
        Matrices { outer, start: self.start, rows, strides }
    }

    /// Each of `rows` with its first element in each operand.
    pub(crate) fn starts(&self, rows: Range<usize>) -> Starts<'_, N> {
        Starts::new(&self.outer[..self.rank], self.start, rows)
    }
}

/// The rows or matrices of a [`Walk`], one after another.
pub(crate) struct Starts<'w, const N: usize> {
    outer: &'w [(usize, [isize; N])],
    index: [usize; MAX_RANK],
    at: [usize; N],
    rows: Range<usize>,
}

impl<'w, const N: usize> Starts<'w, N> {
    fn new(
        outer: &'w [(usize, [isize; N])],
        start: [usize; N],
        rows: Range<usize>,
    ) -> Starts<'w, N> {
        let mut starts = Starts { outer, index: [0; MAX_RANK], at: start, rows };
        let mut rest = starts.rows.start;
        for (axis, &(size, steps)) in outer.iter().enumerate().rev() {
            if size == 0 {
                starts.rows = 0..0;
                break;
            }
            (rest, starts.index[axis]) = (rest / size, rest % size);
            starts.advance(steps, starts.index[axis] as isize);
        }
        starts
    }

    fn advance(&mut self, steps: [isize; N], count: isize) {
        for (at, step) in self.at.iter_mut().zip(steps) {
            *at = at.wrapping_add_signed(step * count);
        }
    }
}

impl<const N: usize> Iterator for Starts<'_, N> {
    type Item = (usize, [usize; N]);

    fn next(&mut self) -> Option<(usize, [usize; N])> {
        let next = (self.rows.next()?, self.at);
        for (axis, &(size, steps)) in self.outer.iter().enumerate().rev() {
            self.index[axis] += 1;
            self.advance(steps, 1);
            if self.index[axis] < size {
                break;
            }
            self.index[axis] = 0;
            self.advance(steps, -(size as isize));
        }
        Some(next)
    }
}

/// The element `i` steps from `start`.
#[inline(always)]
pub(crate) fn at(start: usize, step: isize, i: usize) -> usize {
    start.wrapping_add_signed(step * i as isize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::{Shape, Strides};

    fn layout(dims: &[usize], strides: &[isize], offset: usize) -> Layout {
        Layout { shape: Shape::new(dims), strides: Strides::new(strides), offset }
    }

    /// Every element of the walk, by rows.
    fn elements(walk: &Walk<1>, rows: Range<usize>) -> Vec<usize> {
        let mut found = Vec::new();
        for (_, [start]) in walk.starts(rows) {
            found.extend((0..walk.len).map(|i| at(start, walk.steps[0], i)));
        }
        found
    }

    #[test]
    fn contiguous_axes_merge_into_one_row() {
        let walk = Walk::new([&Layout::contiguous(Shape::from([2, 3, 1, 4]))]);
        assert_eq!((walk.rows(), walk.len, walk.steps), (1, 24, [1]));
    }

    #[test]
    fn axes_that_one_operand_breaks_stay_apart() {
        let x = Layout::contiguous(Shape::from([2, 3]));
        let row = Layout::contiguous(Shape::from([3])).broadcast(&x.shape);
        let walk = Walk::new([&x, &row]);
        assert_eq!((walk.rows(), walk.len, walk.steps), (2, 3, [1, 1]));
    }

    #[test]
    fn rows_come_in_order_from_any_start() {
        // A transposed, reversed and offset view.
        let walk = Walk::new([&layout(&[2, 3, 2], &[1, -4, 2], 8)]);
        let all = elements(&walk, 0..walk.rows());
        assert_eq!(all, [8, 10, 4, 6, 0, 2, 9, 11, 5, 7, 1, 3]);
        assert_eq!(elements(&walk, 4..6), all[8..]);
    }

    #[test]
    fn an_empty_axis_gives_no_element() {
        for dims in [[0, 3, 2], [2, 0, 3], [2, 3, 0]] {
            let walk = Walk::new([&layout(&dims, &[1, 7, 30], 0)]);
            assert!(elements(&walk, 0..walk.rows()).is_empty());
        }
    }

    #[test]
    fn a_scalar_is_one_row_of_one_element() {
        let walk = Walk::new([&layout(&[], &[], 5)]);
        assert_eq!(elements(&walk, 0..walk.rows()), [5]);
    }
}
