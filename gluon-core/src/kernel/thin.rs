//! Products of few rows, or of few terms, by multiples of whole rows: one pass over the operands as they
//! lie, without packing.
#![allow(clippy::needless_range_loop, reason = "an index walks along several arrays at once")]

use gluon_macros::simd;

use super::float::Float;
use super::matrix::{Matrix, MatrixMut};
use super::parallel;
use crate::buffer::with_scratch;

/// `C = A · B`, or `C += A · B`, by multiples of the rows of `B: [k, n]`, for `B` and `C` with slice
/// rows.
///
/// Each row of `B` is read from memory once, but those of `C` for every four terms: this is for few rows
/// of `A`, or few terms.
pub(crate) fn by_row<T: Float>(
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    accumulate: bool,
    mut c: MatrixMut<'_, T>,
) {
    /// The columns that a thread takes at least, to read whole lines of the cache and pages.
    const COLUMNS: usize = 512;
    let ([m, k], [_, n]) = (a.dims(), b.dims());
    if m > k
        && let Some(c) = c.contiguous_mut()
    {
        return parallel::for_each_block(c, n, k, |start, c| {
            let (first, m) = (start / n, c.len() / n);
            rows(a.t().columns(first, m).t(), b, accumulate, MatrixMut::new(c, [m, n]));
        });
    }
    if !parallel::is_worthwhile(n * k) {
        return rows(a, b, accumulate, c);
    }
    with_scratch(m * n, |sums: &mut [T]| {
        if accumulate {
            for_each_in_blocks(sums, &mut c, COLUMNS, |sum, c| *sum = *c);
        }
        parallel::for_each_block(sums, m * COLUMNS, k, |start, sums| {
            for (at, sums) in sums.chunks_mut(m * COLUMNS).enumerate() {
                let (first, n) = (start / m + at * COLUMNS, sums.len() / m);
                rows(a, b.columns(first, n), accumulate, MatrixMut::new(sums, [m, n]));
            }
        });
        for_each_in_blocks(sums, &mut c, COLUMNS, |sum, c| *c = *sum);
    });
}

/// Calls `f` with each element of `c` and its place in `blocks`, each of which has so many columns of
/// all rows.
fn for_each_in_blocks<T: Float>(
    blocks: &mut [T],
    c: &mut MatrixMut<'_, T>,
    columns: usize,
    f: impl Fn(&mut T, &mut T),
) {
    let m = c.dims()[0];
    for (at, block) in blocks.chunks_mut(m * columns).enumerate() {
        let n = block.len() / m;
        for (i, row) in block.chunks_mut(n).enumerate() {
            for (j, element) in row.iter_mut().enumerate() {
                f(element, c.get_mut(i, at * columns + j));
            }
        }
    }
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
    let (mut accumulate, mut at) = (accumulate, 0);
    macro_rules! rows {
        ($($d:literal)*) => {{
            let rows = [$($d),*].map(|d| b.row(at + d));
            for i in 0..m {
                let factors = [$($d),*].map(|d| a.get(i, at + d));
                combine(factors, rows, accumulate, c.row_mut(i));
            }
        }};
    }
    while at + 4 <= k {
        rows!(0 1 2 3);
        (accumulate, at) = (true, at + 4);
    }
    if at + 2 <= k {
        rows!(0 1);
        (accumulate, at) = (true, at + 2);
    }
    if at < k {
        rows!(0);
    }
}
