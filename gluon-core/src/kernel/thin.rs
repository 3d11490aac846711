//! Products that are too small or too thin for a blocked algorithm to pay: one pass over the
//! operands as they lie, without packing.

use gluon_macros::simd;

use super::float::Float;
use super::matrix::{Matrix, MatrixMut};
use super::parallel;

/// `C = A · Bᵀ`, or `C += A · Bᵀ`, by dot products, for `A: [m, k]` and `B: [n, k]` with slice rows.
///
/// Each row of `B` is read from memory once, so a few rows of `A` cost as much as one.
pub(crate) fn by_dot<T: Float>(
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    accumulate: bool,
    mut c: MatrixMut<'_, T>,
) {
    let ([m, k], [n, _]) = (a.dims(), b.dims());
    if m == 1
        && parallel::is_worthwhile(n * k)
        && let Some(c) = c.contiguous_mut()
    {
        return parallel::for_each_block(c, DOTS, k, |start, c| {
            let n = c.len();
            let b = Matrix::strided(&b.data()[start * b.strides()[0]..], [n, k], b.strides());
            dots(a, b, accumulate, MatrixMut::new(c, [1, n]));
        });
    }
    dots(a, b, accumulate, c);
}

/// The rows of `B` that are multiplied at once.
const DOTS: usize = 4;
/// The partial sums of each dot product.
const LANES: usize = 16;

#[simd(avx512)]
fn dots<T: Float>(a: Matrix<'_, T>, b: Matrix<'_, T>, accumulate: bool, mut c: MatrixMut<'_, T>) {
    #[inline(always)]
    fn dot<T: Float, const N: usize>(x: &[T], rows: [&[T]; N]) -> [T; N] {
        let mut lanes = [[T::ZERO; LANES]; N];
        let whole = x.len() - x.len() % LANES;
        for start in (0..whole).step_by(LANES) {
            let x = &x[start..start + LANES];
            for (lanes, row) in lanes.iter_mut().zip(&rows) {
                let row = &row[start..start + LANES];
                for i in 0..LANES {
                    lanes[i] += x[i] * row[i];
                }
            }
        }
        let mut sums = [T::ZERO; N];
        for start in whole..x.len() {
            for (sum, row) in sums.iter_mut().zip(&rows) {
                *sum += x[start] * row[start];
            }
        }
        if whole > 0 {
            for (sum, lanes) in sums.iter_mut().zip(lanes) {
                *sum += tree_sum(lanes);
            }
        }
        sums
    }
    let ([m, _], [n, _]) = (a.dims(), b.dims());
    let mut put = |i, j, sum: T| {
        let c = c.get_mut(i, j);
        *c = if accumulate { *c + sum } else { sum };
    };
    let whole = n - n % DOTS;
    for j in (0..whole).step_by(DOTS) {
        let rows = [b.row(j), b.row(j + 1), b.row(j + 2), b.row(j + 3)];
        for i in 0..m {
            for (at, sum) in dot(a.row(i), rows).into_iter().enumerate() {
                put(i, j + at, sum);
            }
        }
    }
    for j in whole..n {
        for i in 0..m {
            let [sum] = dot(a.row(i), [b.row(j)]);
            put(i, j, sum);
        }
    }
}

/// The sum of the lanes, in pairs.
#[inline(always)]
fn tree_sum<T: Float>(mut lanes: [T; LANES]) -> T {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] += lanes[i + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// `C = A · B`, or `C += A · B`, by multiples of the rows of `B: [k, n]`, for `B` and `C` with slice
/// rows.
///
/// Each row of `B` is read once for each row of `A`, so this is for few rows of `A`.
pub(crate) fn by_row<T: Float>(
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    accumulate: bool,
    mut c: MatrixMut<'_, T>,
) {
    let ([m, k], [_, n]) = (a.dims(), b.dims());
    if m == 1
        && parallel::is_worthwhile(n * k)
        && let Some(c) = c.contiguous_mut()
    {
        // Blocks of columns: enough of them to read whole cache lines and pages.
        return parallel::for_each_block(c, 1024.min(n), k, |start, c| {
            let n = c.len();
            let b = Matrix::strided(&b.data()[start..], [k, n], b.strides());
            rows(a, b, accumulate, MatrixMut::new(c, [1, n]));
        });
    }
    rows(a, b, accumulate, c);
}

#[simd(avx512)]
fn rows<T: Float>(a: Matrix<'_, T>, b: Matrix<'_, T>, accumulate: bool, mut c: MatrixMut<'_, T>) {
    /// `c (+)= Σ factors[i] · rows[i]`
    #[inline(always)]
    fn combine<T: Float, const N: usize>(
        factors: [T; N],
        rows: [&[T]; N],
        accumulate: bool,
        c: &mut [T],
    ) {
        if accumulate {
            each(factors, rows, c, |c, sum| c + sum);
        } else {
            each(factors, rows, c, |_, sum| sum);
        }
    }
    #[inline(always)]
    fn each<T: Float, const N: usize>(
        factors: [T; N],
        rows: [&[T]; N],
        c: &mut [T],
        put: impl Fn(T, T) -> T,
    ) {
        // Pieces of a fixed size, because the compiler's own vector loops leave rows as short as
        // these to scalar code.
        const PIECE: usize = 8;
        let whole = c.len() - c.len() % PIECE;
        for start in (0..whole).step_by(PIECE) {
            // Sums of their own, which cannot overlap the rows.
            let mut sums = [T::ZERO; PIECE];
            for i in 0..N {
                let row = &rows[i][start..start + PIECE];
                for j in 0..PIECE {
                    let product = factors[i] * row[j];
                    sums[j] = if i == 0 { product } else { sums[j] + product };
                }
            }
            let c = &mut c[start..start + PIECE];
            for j in 0..PIECE {
                c[j] = put(c[j], sums[j]);
            }
        }
        for j in whole..c.len() {
            let mut sum = factors[0] * rows[0][j];
            for i in 1..N {
                sum += factors[i] * rows[i][j];
            }
            c[j] = put(c[j], sum);
        }
    }
    let [m, k] = a.dims();
    for i in 0..m {
        let c = c.row_mut(i);
        let (mut accumulate, mut at) = (accumulate, 0);
        while at + 4 <= k {
            let factors = [0, 1, 2, 3].map(|d| a.get(i, at + d));
            combine(factors, [0, 1, 2, 3].map(|d| b.row(at + d)), accumulate, c);
            (accumulate, at) = (true, at + 4);
        }
        if at + 2 <= k {
            let factors = [0, 1].map(|d| a.get(i, at + d));
            combine(factors, [0, 1].map(|d| b.row(at + d)), accumulate, c);
            (accumulate, at) = (true, at + 2);
        }
        if at < k {
            combine([a.get(i, at)], [b.row(at)], accumulate, c);
        }
    }
}
