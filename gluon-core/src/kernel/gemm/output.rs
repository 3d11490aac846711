//! Products as kernels take them, and where their elements go, for parts that write at the same time.
#![allow(unsafe_code)]

use crate::kernel::matrix::{Matrix, MatrixMut};

/// Where an output lies: its element `[i, j]` at `first + i · strides[0] + j · strides[1]`.
///
/// It does not borrow the matrix it is of, so that parts of a product can have parts of it: those who
/// write through it answer for that.
pub(super) struct Output<T> {
    pub(super) first: *mut T,
    pub(super) strides: [usize; 2],
}

impl<T> Clone for Output<T> {
    fn clone(&self) -> Output<T> {
        *self
    }
}

impl<T> Copy for Output<T> {}

// SAFETY: It stands for elements of a `MatrixMut`, which is as good as a `&mut [T]`, and each part of
// a product writes other elements.
unsafe impl<T: Send> Send for Output<T> {}

impl<T: Copy> Output<T> {
    pub(super) fn of(mut c: MatrixMut<'_, T>) -> Output<T> {
        let strides = c.strides();
        Output { first: c.data_mut().as_mut_ptr(), strides }
    }

    /// The transposed output.
    pub(super) fn t(self) -> Output<T> {
        let [down, along] = self.strides;
        Output { strides: [along, down], ..self }
    }

    /// The output from element `[i, j]` on, which may be one past the last.
    pub(super) fn from(&self, i: usize, j: usize) -> Output<T> {
        let first = self.first.wrapping_add(i * self.strides[0] + j * self.strides[1]);
        Output { first, ..*self }
    }
}

/// What a kernel multiplies, and where the product goes.
#[derive(Clone, Copy)]
pub(super) struct Product<'p, T> {
    pub(super) a: Matrix<'p, T>,
    pub(super) b: Matrix<'p, T>,
    pub(super) c: Output<T>,
    /// Whether to add to `c`.
    pub(super) accumulate: bool,
}
