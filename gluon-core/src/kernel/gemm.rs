//! General products of matrices: the choice of an algorithm by the shape.
//!
//! Sums are taken in an order that depends on the shape and the orientation of the operands only.

mod blocked;
mod dot;
mod output;
mod pack;
pub(crate) mod small;
mod thin;
mod tile;
mod vector;

use super::float::Float;
use super::matrix::{Matrix, MatrixMut};
use super::parallel;
use blocked::{blocked, is_crowded};
use small::Plus;

pub(crate) use tile::Tiled;

/// So many multiplications are a unit of work of [`parallel`].
const MULTIPLICATIONS: usize = 4;

/// Tiles read a few columns of all rows of `B` at a time. Where that is slow, so many rows of `A` are
/// better multiplied with whole rows of `B`.
const FEW_ROWS: usize = 8;

/// Sums of so few terms are not worth a tile.
const FEW_TERMS: usize = 2;

/// `C = A · B`, or `C += A · B` if `accumulate`.
///
/// # Shapes
/// `a: [m, k]`, `b: [k, n]`, `c: [m, n]`
///
/// # Panics
/// **If the shapes do not fit.**
pub(crate) fn gemm<T: Float>(
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    accumulate: bool,
    c: MatrixMut<'_, T>,
) {
    let ([m, k], [_, n]) = (a.dims(), b.dims());
    assert!(b.dims() == [k, n] && c.dims() == [m, n], "shapes of a product");
    // Thin cases are written for few rows: see few columns as rows of the transposed product.
    let turned = n < m && n <= 2 || !c.has_slice_rows();
    let (a, b, mut c) = if turned { (b.t(), a.t(), c.t()) } else { (a, b, c) };
    let [m, n] = c.dims();
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        if !accumulate {
            clear(&mut c);
        }
        return;
    }
    // The bounds are where the curves cross on x86-64, for shapes of dense layers.
    if b.has_slice_rows() && c.has_slice_rows() {
        if small::is_small([m, k, n])
            && b.strides()[0] == n
            && let Some(c) = c.contiguous_mut()
        {
            let plus = Plus::output(accumulate);
            return small::by_row(T::tiles(), a.data(), a.strides(), b.data(), plus, c, [m, k, n]);
        }
        if m == 1 || k <= FEW_TERMS || m <= FEW_ROWS && is_crowded(&b) {
            return thin::by_row(T::tiles(), a, b, accumulate, c);
        }
    }
    if a.has_slice_rows() && b.t().has_slice_rows() {
        let few = match k {
            0..16 => 4,
            16..256 => 24,
            256.. => 32,
        };
        if m <= few || n <= few.min(12) {
            return if m <= n {
                dot::by_dot(T::tiles(), a, b.t(), accumulate, c)
            } else {
                dot::by_dot(T::tiles(), b.t(), a, accumulate, c.t())
            };
        }
    }
    let threads = if is_shared([m, k, n]) { parallel::threads() } else { 1 };
    blocked(T::tiles(), a, b, accumulate, c, threads);
}

/// `C[i] = A[i] · B[i]` for contiguous stacks of matrices.
///
/// # Shapes
/// `a: [count, m, k]`, `b: [count, k, n]`, `c: [count, m, n]`, each matrix read through the view
/// that the function makes of it.
pub(crate) fn gemm_batched<'a, T: Float>(
    a: impl Fn(usize) -> Matrix<'a, T> + Sync,
    b: impl Fn(usize) -> Matrix<'a, T> + Sync,
    c: &mut [T],
    [count, m, n]: [usize; 3],
) {
    assert_eq!(c.len(), count * m * n);
    if c.is_empty() {
        return;
    }
    let size = m * n;
    let multiply = |start: usize, c: &mut [T]| {
        for (i, c) in c.chunks_exact_mut(size).enumerate() {
            gemm(a(start / size + i), b(start / size + i), false, MatrixMut::new(c, [m, n]));
        }
    };
    let [_, k] = a(0).dims();
    if is_shared([m, k, n]) {
        multiply(0, c);
    } else {
        parallel::for_each_part(c, size, k.div_ceil(MULTIPLICATIONS), multiply);
    }
}

/// Whether threads share a product of these sizes.
fn is_shared([m, k, n]: [usize; 3]) -> bool {
    parallel::is_worthwhile(m.saturating_mul(n).saturating_mul(k) / MULTIPLICATIONS)
}

/// `C = 0`
fn clear<T: Float>(c: &mut MatrixMut<'_, T>) {
    let [m, n] = c.dims();
    for i in 0..m {
        for j in 0..n {
            *c.get_mut(i, j) = T::ZERO;
        }
    }
}

#[cfg(test)]
mod tests;
