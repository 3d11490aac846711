//! General products of matrices: the choice of an algorithm by the shape, and the one place that
//! calls the crates `gemm-f32` and `gemm-f64`.
//!
//! Sums are taken in an order that depends on the shape and the orientation of the operands only.
//! They cut the inner axis into pieces that do not depend on the number of threads.
//!
//! The crate packs a right side that is read along its columns, such as `X · Wᵀ`, in steps of a whole
//! row, at half the speed for `[128, 4096] · [4096, 4096]`: large ones are turned here, part by part.
#![allow(unsafe_code)]

use gemm_common::Parallelism;

use super::float::Float;
use super::matrix::{Matrix, MatrixMut};
use super::transpose::transpose;
use super::{parallel, thin};
use crate::buffer::Buffer;

/// Fewer multiplications than this take one thread: 8 Mi of them are some 150 µs, and operands that
/// lie in the cache of one core are slow to reach from another.
const PARALLEL_FROM: usize = 1 << 23;

/// The same for a right side that stays as it is: soon each core has it at hand.
const KEPT_PARALLEL_FROM: usize = 1 << 22;

/// From these sizes on of the left and the right side, turning it pays.
const TURN_FROM_ROWS: usize = 32;
const TURN_FROM: usize = 1 << 16;

/// Rows and columns of a part of the right side that is turned at once.
const PART: [usize; 2] = [1024, 512];

/// `C = alpha · A · B + beta · C`; a `beta` of 0 ignores what `c` holds.
///
/// # Shapes
/// `a: [m, k]`, `b: [k, n]`, `c: [m, n]`
///
/// # Panics
/// **If the shapes do not fit.**
pub(crate) fn gemm<T: Float>(
    alpha: T,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    beta: T,
    c: MatrixMut<'_, T>,
) {
    let ([m, k], [_, n]) = (a.dims(), b.dims());
    assert!(b.dims() == [k, n] && c.dims() == [m, n], "shapes of a product");
    // Thin cases are written for few rows: see few columns as rows of the transposed product.
    if n < m && n <= 2 || !c.has_slice_rows() {
        return product(alpha, b.t(), a.t(), beta, c.t());
    }
    product(alpha, a, b, beta, c);
}

/// `C = A · B` for a `B` that stays as it is over many products.
///
/// # Shapes
/// `a: [m, k]`, `b: [k, n]`, `c: [m, n]`
///
/// # Panics
/// **If the shapes do not fit.**
pub(crate) fn gemm_kept<T: Float>(a: Matrix<'_, T>, b: Matrix<'_, T>, c: MatrixMut<'_, T>) {
    let ([m, k], [_, n]) = (a.dims(), b.dims());
    assert!(b.dims() == [k, n] && c.dims() == [m, n], "shapes of a product");
    if m * n * k < KEPT_PARALLEL_FROM {
        return gemm(T::ONE, a, b, T::ZERO, c);
    }
    blocked(T::ONE, a, b, T::ZERO, c, KEPT_PARALLEL_FROM);
}

/// `C[i] = alpha · A[i] · B[i] + beta · C[i]` for contiguous stacks of matrices.
///
/// # Shapes
/// `a: [count, m, k]`, `b: [count, k, n]`, `c: [count, m, n]`, each matrix read through the view
/// that the function makes of it.
pub(crate) fn gemm_batched<'a, T: Float>(
    alpha: T,
    a: impl Fn(usize) -> Matrix<'a, T>,
    b: impl Fn(usize) -> Matrix<'a, T>,
    beta: T,
    c: &mut [T],
    [count, m, n]: [usize; 3],
) {
    assert_eq!(c.len(), count * m * n);
    for (i, c) in c.chunks_exact_mut((m * n).max(1)).enumerate() {
        gemm(alpha, a(i), b(i), beta, MatrixMut::new(c, [m, n]));
    }
}

fn product<T: Float>(
    alpha: T,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    beta: T,
    mut c: MatrixMut<'_, T>,
) {
    let ([m, k], [_, n]) = (a.dims(), b.dims());
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        return scale(beta, &mut c);
    }
    // The bounds are where the curves cross on x86-64 with AVX-512, for shapes of dense layers.
    let tiny = m * n * k <= 256 && a.has_slice_rows();
    if (m == 1 || tiny) && b.has_slice_rows() && c.has_slice_rows() {
        return thin::by_row(alpha, a, b, beta, c);
    }
    // The crate packs a right side of this orientation that exceeds the second-level cache slowly.
    if m <= 16 && n * k >= 1 << 18 && a.has_slice_rows() && b.t().has_slice_rows() {
        return thin::by_dot(alpha, a, b.t(), beta, c);
    }
    if m >= TURN_FROM_ROWS && n * k >= TURN_FROM && b.t().has_slice_rows() && c.has_slice_rows() {
        return turned(alpha, a, b, beta, c);
    }
    blocked(alpha, a, b, beta, c, PARALLEL_FROM);
}

/// [`blocked`] for a right side that is turned, part by part.
fn turned<T: Float>(
    alpha: T,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    beta: T,
    mut c: MatrixMut<'_, T>,
) {
    let [k, n] = b.dims();
    let mut scratch = Buffer::scratch::<T>(PART[0].min(k) * PART[1].min(n));
    let Some(scratch) = scratch.slice_mut::<T>() else { return };
    let columns = b.t();
    let stride = columns.strides()[0];
    for left in (0..n).step_by(PART[1]) {
        let width = PART[1].min(n - left);
        let mut beta = beta;
        for top in (0..k).step_by(PART[0]) {
            let height = PART[0].min(k - top);
            let part = &mut scratch[..height * width];
            parallel::for_each_block(part, 16 * width, 2, |start, part| {
                let (row, rows) = (start / width, part.len() / width);
                let x = &columns.data()[left * stride + top + row..];
                transpose(x, stride, [width, rows], part, width);
            });
            let part = Matrix::new(part, [height, width]);
            let a = a.columns(top, height);
            blocked(alpha, a, part, beta, c.columns_mut(left, width), PARALLEL_FROM);
            beta = T::ONE;
        }
    }
}

/// `C = beta · C`
fn scale<T: Float>(beta: T, c: &mut MatrixMut<'_, T>) {
    let [m, n] = c.dims();
    for i in 0..m {
        for j in 0..n {
            let c = c.get_mut(i, j);
            *c = if beta == T::ZERO { T::ZERO } else { beta * *c };
        }
    }
}

/// What the crate offers of an element type.
///
/// Of its parts only those of these two types are built.
pub(crate) trait Blocked: Sized {
    /// The function for this machine.
    fn function() -> Function<Self>;
}

/// `C = alpha · C + beta · A · B`: sizes `m`, `n`, `k`; `C` with the distances of columns and of rows
/// and whether it is read; `A` and `B` with theirs; `alpha`, `beta`; what to conjugate; threads.
type Function<T> = unsafe fn(
    usize,
    usize,
    usize,
    *mut T,
    isize,
    isize,
    bool,
    *const T,
    isize,
    isize,
    *const T,
    isize,
    isize,
    T,
    T,
    bool,
    bool,
    bool,
    Parallelism,
);

impl Blocked for f32 {
    fn function() -> Function<f32> {
        gemm_f32::gemm::f32::get_gemm_fn()
    }
}

impl Blocked for f64 {
    fn function() -> Function<f64> {
        gemm_f64::gemm::f64::get_gemm_fn()
    }
}

fn blocked<T: Float>(
    alpha: T,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    beta: T,
    c: MatrixMut<'_, T>,
    parallel_from: usize,
) {
    // The crate writes columns.
    let [c_row, c_column] = c.strides();
    let (a, b, mut c) = if c_column < c_row { (b.t(), a.t(), c.t()) } else { (a, b, c) };
    let ([m, k], [_, n]) = (a.dims(), b.dims());
    let parallelism = if m.saturating_mul(n).saturating_mul(k) < parallel_from {
        Parallelism::None
    } else {
        Parallelism::Rayon(0)
    };
    let (a_row, a_column) = used_strides(a.dims(), a.strides());
    let (b_row, b_column) = used_strides(b.dims(), b.strides());
    let (c_row, c_column) = used_strides(c.dims(), c.strides());
    let function = T::function();
    // SAFETY: A `Matrix` and a `MatrixMut` are only made after checking that each of their elements
    // lies within their slice, and the elements of a `MatrixMut` are distinct, so threads that
    // write different elements do not meet. `c` is borrowed mutably, so it overlaps neither `a`
    // nor `b`. The crate reads and writes elements `[i, j]` with `i`, `j` below the sizes given,
    // which are those of the views. No stride is negative, so the pointers are to the first
    // elements, as it wants them.
    unsafe {
        function(
            m,
            n,
            k,
            c.data_mut().as_mut_ptr(),
            c_column,
            c_row,
            beta != T::ZERO,
            a.data().as_ptr(),
            a_column,
            a_row,
            b.data().as_ptr(),
            b_column,
            b_row,
            beta,
            alpha,
            false,
            false,
            false,
            parallelism,
        );
    }
}

/// The strides, which fit `isize` where they lead to a second element; elsewhere they may be any
/// number and are replaced by 1.
fn used_strides(dims: [usize; 2], strides: [usize; 2]) -> (isize, isize) {
    let used = |axis: usize| if dims[axis] > 1 { strides[axis] as isize } else { 1 };
    (used(0), used(1))
}

#[cfg(test)]
mod tests;
