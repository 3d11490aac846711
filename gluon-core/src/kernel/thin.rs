//! Products that are too small or too thin for a blocked algorithm to pay: one pass over the
//! operands as they lie, without packing.
#![allow(clippy::needless_range_loop, reason = "an index walks along several arrays at once")]

use gluon_macros::simd;

use super::float::Float;
use super::matrix::{Matrix, MatrixMut};
use super::parallel;
use crate::buffer::with_scratch;

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
    if !parallel::is_worthwhile(n * k) {
        return dots(a, b, accumulate, c);
    }
    // Threads share the rows of `B`, so what they write lies together in the transpose of `C`.
    with_scratch(n * m, |sums: &mut [T]| {
        parallel::for_each_block(sums, DOTS * m, k, |start, sums| {
            let (first, n) = (start / m, sums.len() / m);
            let b = Matrix::strided(&b.data()[first * b.strides()[0]..], [n, k], b.strides());
            dots(a, b, false, MatrixMut::new(sums, [n, m]).t());
        });
        for i in 0..m {
            for j in 0..n {
                put(&mut c, [i, j], sums[j * m + i], accumulate);
            }
        }
    });
}

#[inline(always)]
fn put<T: Float>(c: &mut MatrixMut<'_, T>, [i, j]: [usize; 2], sum: T, accumulate: bool) {
    let c = c.get_mut(i, j);
    *c = if accumulate { *c + sum } else { sum };
}

/// The rows of `B` that are multiplied at once.
const DOTS: usize = 4;
/// The partial sums of each dot product of one row of `A`, and of several.
const LANES: usize = 16;
const FEWER_LANES: usize = 8;

#[simd(avx512)]
fn dots<T: Float>(a: Matrix<'_, T>, b: Matrix<'_, T>, accumulate: bool, mut c: MatrixMut<'_, T>) {
    /// The products of the rows of `a` with those of `b`, each in `L` partial sums.
    #[inline(always)]
    fn tile<T: Float, const M: usize, const N: usize, const L: usize>(
        a: [&[T]; M],
        b: [&[T]; N],
    ) -> [[T; N]; M] {
        let (k, count) = (a[0].len(), a[0].len() / L);
        let (mut a_parts, mut b_parts) = ([&[][..]; M], [&[][..]; N]);
        for (parts, row) in a_parts.iter_mut().zip(a) {
            *parts = &row.as_chunks::<L>().0[..count];
        }
        for (parts, row) in b_parts.iter_mut().zip(b) {
            *parts = &row.as_chunks::<L>().0[..count];
        }
        let mut lanes = [[[T::ZERO; L]; N]; M];
        for p in 0..count {
            for j in 0..N {
                let row = b_parts[j][p];
                for i in 0..M {
                    let x = a_parts[i][p];
                    for l in 0..L {
                        lanes[i][j][l] += x[l] * row[l];
                    }
                }
            }
        }
        let mut sums = [[T::ZERO; N]; M];
        for i in 0..M {
            for j in 0..N {
                for p in count * L..k {
                    sums[i][j] += a[i][p] * b[j][p];
                }
                if count > 0 {
                    sums[i][j] += tree_sum(lanes[i][j]);
                }
            }
        }
        sums
    }
    let ([m, _], [n, _]) = (a.dims(), b.dims());
    macro_rules! rows {
        ($m:literal, $lanes:ident, $i:ident, $j:ident, $b:ident) => {{
            let mut rows = [&[][..]; $m];
            for (at, row) in rows.iter_mut().enumerate() {
                *row = a.row($i + at);
            }
            let sums = tile::<T, $m, _, $lanes>(rows, $b);
            for (i, sums) in sums.into_iter().enumerate() {
                for (j, sum) in sums.into_iter().enumerate() {
                    put(&mut c, [$i + i, $j + j], sum, accumulate);
                }
            }
            $i += $m;
        }};
    }
    macro_rules! columns {
        ($j:ident, $b:expr) => {{
            let (b, mut i) = ($b, 0);
            while i < m {
                // The sums of two rows of 8-byte elements would be more than there are registers.
                if m - i >= 2 && size_of::<T>() == 4 {
                    rows!(2, FEWER_LANES, i, $j, b);
                } else {
                    rows!(1, LANES, i, $j, b);
                }
            }
        }};
    }
    let whole = n - n % DOTS;
    for j in (0..whole).step_by(DOTS) {
        columns!(j, [b.row(j), b.row(j + 1), b.row(j + 2), b.row(j + 3)]);
    }
    for j in whole..n {
        columns!(j, [b.row(j)]);
    }
}

/// The sum of the lanes, in pairs.
#[inline(always)]
fn tree_sum<T: Float, const L: usize>(mut lanes: [T; L]) -> T {
    let mut width = L / 2;
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
