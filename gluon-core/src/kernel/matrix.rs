//! Matrices: strided views of slices, as products take them.

/// A view of a slice as `[rows, columns]`, every element of which lies within the slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix<'a, T> {
    data: &'a [T],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a, T: Copy> Matrix<'a, T> {
    /// The row-major matrix at the start of `data`.
    ///
    /// # Panics
    /// **If `data` is too short.**
    pub(crate) fn new(data: &'a [T], [rows, columns]: [usize; 2]) -> Matrix<'a, T> {
        Matrix::strided(data, [rows, columns], [columns, 1])
    }

    /// The matrix whose element `[i, j]` is `data[i · strides[0] + j · strides[1]]`.
    ///
    /// # Panics
    /// **If an element would lie outside `data`.**
    pub(crate) fn strided(
        data: &'a [T],
        [rows, columns]: [usize; 2],
        [row_stride, column_stride]: [usize; 2],
    ) -> Matrix<'a, T> {
        assert_within(data.len(), [rows, columns], [row_stride, column_stride]);
        Matrix { data, rows, columns, row_stride, column_stride }
    }

    /// The transposed view.
    pub(crate) fn t(self) -> Matrix<'a, T> {
        Matrix {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    pub(crate) fn data(&self) -> &'a [T] {
        self.data
    }

    /// Numbers of rows and columns.
    pub(crate) fn dims(&self) -> [usize; 2] {
        [self.rows, self.columns]
    }

    /// Distances between rows and between columns.
    pub(crate) fn strides(&self) -> [usize; 2] {
        [self.row_stride, self.column_stride]
    }

    /// Whether the elements of each row lie one after another.
    pub(crate) fn has_slice_rows(&self) -> bool {
        self.column_stride == 1 || self.columns <= 1
    }

    /// The view of `count` columns from `first` on.
    pub(crate) fn columns(&self, first: usize, count: usize) -> Matrix<'a, T> {
        let data = &self.data[first * self.column_stride..];
        Matrix::strided(data, [self.rows, count], self.strides())
    }

    /// Row `i` of a matrix that has [slice rows](Matrix::has_slice_rows).
    #[inline(always)]
    pub(crate) fn row(&self, i: usize) -> &'a [T] {
        debug_assert!(self.has_slice_rows());
        &self.data[i * self.row_stride..][..self.columns]
    }

    #[inline(always)]
    pub(crate) fn get(&self, i: usize, j: usize) -> T {
        self.data[i * self.row_stride + j * self.column_stride]
    }
}

/// A view to write to, in which no two elements are the same.
#[derive(Debug)]
pub(crate) struct MatrixMut<'a, T> {
    data: &'a mut [T],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a, T: Copy> MatrixMut<'a, T> {
    /// The row-major matrix at the start of `data`.
    ///
    /// # Panics
    /// **If `data` is too short.**
    pub(crate) fn new(data: &'a mut [T], [rows, columns]: [usize; 2]) -> MatrixMut<'a, T> {
        MatrixMut::strided(data, [rows, columns], [columns, 1])
    }

    /// The matrix whose element `[i, j]` is `data[i · strides[0] + j · strides[1]]`.
    ///
    /// # Panics
    /// **If an element would lie outside `data`, or if the elements of a row and of the next, or
    /// of a column and of the next, interleave.**
    pub(crate) fn strided(
        data: &'a mut [T],
        [rows, columns]: [usize; 2],
        [row_stride, column_stride]: [usize; 2],
    ) -> MatrixMut<'a, T> {
        assert_within(data.len(), [rows, columns], [row_stride, column_stride]);
        let row_extent = columns.saturating_sub(1) * column_stride;
        let column_extent = rows.saturating_sub(1) * row_stride;
        let distinct = match (rows > 1, columns > 1) {
            (true, true) => {
                row_stride > row_extent && column_stride > 0
                    || column_stride > column_extent && row_stride > 0
            }
            (true, false) => row_stride > 0,
            (false, true) => column_stride > 0,
            (false, false) => true,
        } || rows == 0
            || columns == 0;
        assert!(distinct, "elements of an output overlap");
        MatrixMut { data, rows, columns, row_stride, column_stride }
    }

    /// The transposed view.
    pub(crate) fn t(self) -> MatrixMut<'a, T> {
        MatrixMut {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            data: self.data,
        }
    }

    pub(crate) fn data_mut(&mut self) -> &mut [T] {
        self.data
    }

    /// Numbers of rows and columns.
    pub(crate) fn dims(&self) -> [usize; 2] {
        [self.rows, self.columns]
    }

    /// Distances between rows and between columns.
    pub(crate) fn strides(&self) -> [usize; 2] {
        [self.row_stride, self.column_stride]
    }

    /// Whether the elements of each row lie one after another.
    pub(crate) fn has_slice_rows(&self) -> bool {
        self.column_stride == 1 || self.columns <= 1
    }

    /// The elements, if they lie one after another in row-major order.
    pub(crate) fn contiguous_mut(&mut self) -> Option<&mut [T]> {
        let one_row = self.rows <= 1 || self.row_stride == self.columns;
        (self.has_slice_rows() && one_row).then(|| &mut self.data[..self.rows * self.columns])
    }

    #[inline(always)]
    pub(crate) fn get_mut(&mut self, i: usize, j: usize) -> &mut T {
        &mut self.data[i * self.row_stride + j * self.column_stride]
    }
}

fn assert_within(len: usize, dims: [usize; 2], strides: [usize; 2]) {
    if dims.contains(&0) {
        return;
    }
    let last = |axis: usize| (dims[axis] - 1).checked_mul(strides[axis]);
    let end = last(0).and_then(|row| row.checked_add(last(1)?));
    assert!(
        end.is_some_and(|end| end < len),
        "a matrix {dims:?} with strides {strides:?} exceeds {len} elements"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_and_their_transposes_read_the_same_elements() {
        let data = [0, 1, 2, 3, 4, 5];
        let matrix = Matrix::new(&data, [2, 3]);
        assert_eq!((matrix.get(1, 2), matrix.t().get(2, 1), matrix.row(1)), (5, 5, &data[3..]));
        assert!(matrix.has_slice_rows() && !matrix.t().has_slice_rows());
        assert_eq!(matrix.t().dims(), [3, 2]);
    }

    #[test]
    #[should_panic(expected = "exceeds 5 elements")]
    fn views_beyond_their_slice_are_refused() {
        Matrix::strided(&[0; 5], [2, 3], [3, 1]);
    }

    #[test]
    #[should_panic(expected = "exceeds 5 elements")]
    fn strides_that_overflow_are_refused() {
        Matrix::strided(&[0; 5], [3, 3], [usize::MAX / 2, usize::MAX / 2]);
    }

    #[test]
    fn outputs_with_shared_elements_are_refused() {
        let shared = [([2, 2], [0, 1]), ([2, 2], [1, 1]), ([2, 1], [0, 1]), ([3, 3], [2, 1])];
        for (dims, strides) in shared {
            let attempt = std::panic::catch_unwind(|| {
                MatrixMut::strided(&mut [0; 20], dims, strides);
            });
            assert!(attempt.is_err(), "{dims:?} {strides:?}");
        }
        MatrixMut::strided(&mut [0; 20], [3, 3], [1, 4]);
        MatrixMut::strided(&mut [0; 20], [1, 3], [0, 1]);
    }
}
