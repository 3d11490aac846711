//! Products of a few hundred multiplications, for which a call of the blocked algorithm costs more
//! than it computes.
//!
//! Vectors are arrays of a fixed size, because the compiler's own vector loops leave rows as short as
//! these to scalar code.
#![allow(clippy::needless_range_loop, reason = "an index walks along several slices at once")]

use gluon_macros::simd;

use super::float::Float;

/// The most multiplications of such a product.
const MOST: usize = 1 << 11;

/// Whether `[m, k] · [k, n]` is one.
pub(crate) fn is_tiny(sizes: [usize; 3]) -> bool {
    sizes.into_iter().try_fold(1, usize::checked_mul).is_some_and(|work| work <= MOST)
}

/// The elements of a vector.
const LANES: usize = 8;
const HALF: usize = LANES / 2;
/// The terms that are summed before they are added to others, so that fewer sums are rounded twice.
const TERMS: usize = 4;

/// Calls the macro `$block` with the constants `M` and `N` for all blocks of `M` rows and `N` columns
/// that make up `[$m, $n]`.
macro_rules! for_each_block {
    ([$m:expr, $n:expr], $block:ident) => {{
        let mut row = 0;
        while row < $m {
            if row + 2 <= $m {
                for_each_block!(@columns 2, row, $n, $block);
                row += 2;
            } else {
                for_each_block!(@columns 1, row, $n, $block);
                row += 1;
            }
        }
    }};
    (@columns $rows:literal, $row:ident, $n:expr, $block:ident) => {{
        let mut column = 0;
        while column + LANES <= $n {
            $block!($rows, LANES, $row, column);
            column += LANES;
        }
        if column + HALF <= $n {
            $block!($rows, HALF, $row, column);
            column += HALF;
        }
        while column < $n {
            $block!($rows, 1, $row, column);
            column += 1;
        }
    }};
}

/// `M` rows of `k` elements of a matrix from row `first` on.
#[inline(always)]
fn rows<T, const M: usize>(x: &[T], first: usize, k: usize) -> [&[T]; M] {
    let mut rows: [&[T]; M] = [&[]; M];
    let mut rest = &x[first * k..];
    for row in &mut rows {
        (*row, rest) = rest.split_at(k);
    }
    rows
}

/// `C = A · Bᵀ + bias`
///
/// # Shapes
/// `a: [m, k]`, `b: [n, k]`, `bias: [n]`, `c: [m, n]`
#[simd]
pub(crate) fn by_column<T: Float>(
    a: &[T],
    b: &[T],
    bias: Option<&[T]>,
    c: &mut [T],
    [m, k, n]: [usize; 3],
) {
    #[inline(always)]
    fn sums<T: Float, const M: usize, const N: usize>(
        a: [&[T]; M],
        b: [&[T]; N],
        k: usize,
    ) -> [[T; N]; M] {
        let mut sums = [[T::ZERO; N]; M];
        for at in 0..k {
            let mut column = [T::ZERO; N];
            for lane in 0..N {
                column[lane] = b[lane][at];
            }
            for i in 0..M {
                for lane in 0..N {
                    sums[i][lane] += a[i][at] * column[lane];
                }
            }
        }
        sums
    }
    macro_rules! block {
        ($m:expr, $n:expr, $row:ident, $column:ident) => {{
            let mut sums = sums::<T, $m, $n>(rows(a, $row, k), rows(b, $column, k), k);
            for i in 0..$m {
                if let Some(bias) = bias {
                    let bias = &bias[$column..$column + $n];
                    for lane in 0..$n {
                        sums[i][lane] += bias[lane];
                    }
                }
                c[($row + i) * n + $column..][..$n].copy_from_slice(&sums[i]);
            }
        }};
    }
    for_each_block!([m, n], block);
}

/// `C (+)= A · B`, for an `A` whose element `[i, j]` is `a[i · strides[0] + j · strides[1]]`; the
/// product is added to `c` as a whole if `accumulate`.
///
/// # Shapes
/// `a: [m, k]`, `b: [k, n]`, `c: [m, n]`
#[simd]
pub(crate) fn by_row<T: Float>(
    a: &[T],
    strides: [usize; 2],
    b: &[T],
    accumulate: bool,
    c: &mut [T],
    [m, k, n]: [usize; 3],
) {
    #[inline(always)]
    fn sums<T: Float, const M: usize, const N: usize>(
        a: &[T],
        strides: [usize; 2],
        b: &[T],
        [k, n]: [usize; 2],
        column: usize,
    ) -> [[T; N]; M] {
        let mut sums = [[T::ZERO; N]; M];
        for from in (0..k).step_by(TERMS) {
            let mut terms = [[T::ZERO; N]; M];
            for p in from..k.min(from + TERMS) {
                let row = &b[p * n + column..][..N];
                for i in 0..M {
                    let factor = a[i * strides[0] + p * strides[1]];
                    for lane in 0..N {
                        terms[i][lane] += factor * row[lane];
                    }
                }
            }
            for i in 0..M {
                for lane in 0..N {
                    sums[i][lane] += terms[i][lane];
                }
            }
        }
        sums
    }
    macro_rules! block {
        ($m:expr, $n:expr, $row:ident, $column:ident) => {{
            let a = a.get($row * strides[0]..).unwrap_or_default();
            let mut sums = sums::<T, $m, $n>(a, strides, b, [k, n], $column);
            for i in 0..$m {
                let c = &mut c[($row + i) * n + $column..][..$n];
                if accumulate {
                    for lane in 0..$n {
                        sums[i][lane] += c[lane];
                    }
                }
                c.copy_from_slice(&sums[i]);
            }
        }};
    }
    for_each_block!([m, n], block);
}

/// `sums (+)= Σ` of the rows of `x`; added to `sums` if `accumulate`.
///
/// # Shapes
/// `x: [rows, columns]`, `sums: [columns]`
pub(crate) fn sum_rows<T: Float>(x: &[T], sums: &mut [T], accumulate: bool) {
    if !accumulate {
        sums.fill(T::ZERO);
    }
    for row in x.chunks_exact(sums.len().max(1)) {
        for (sum, &x) in sums.iter_mut().zip(row) {
            *sum += x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(len: usize, seed: usize) -> Vec<f64> {
        (0..len).map(|i| ((i * 37 + seed * 11) % 101) as f64 / 50.0 - 1.01).collect()
    }

    fn close(found: &[f64], expected: impl Fn(usize) -> f64) {
        for (i, &found) in found.iter().enumerate() {
            assert!((found - expected(i)).abs() < 1e-13, "{i}: {found} {}", expected(i));
        }
    }

    #[test]
    fn products_of_every_small_size_are_sums_of_products() {
        let sizes = (0..4).flat_map(|m| (0..14).flat_map(move |k| (0..22).map(move |n| [m, k, n])));
        for sizes @ [m, k, n] in sizes {
            assert!(is_tiny(sizes));
            let (a, b, bias) = (values(m * k, 1), values(k * n, 2), values(n, 3));
            let turned = |x: &[f64], rows: usize, columns: usize| -> Vec<f64> {
                (0..x.len()).map(|at| x[at % rows * columns + at / rows]).collect()
            };
            let sum = |i: usize| (0..k).map(|p| a[i / n * k + p] * b[p * n + i % n]).sum::<f64>();
            let mut c = vec![f64::NAN; m * n];
            by_column(&a, &turned(&b, k, n), Some(&bias), &mut c, sizes);
            close(&c, |i| sum(i) + bias[i % n]);
            by_column(&a, &turned(&b, k, n), None, &mut c, sizes);
            close(&c, sum);
            by_row(&a, [k, 1], &b, true, &mut c, sizes);
            close(&c, |i| 2.0 * sum(i));
            by_row(&a, [k, 1], &b, false, &mut c, sizes);
            close(&c, sum);
            by_row(&turned(&a, m, k), [1, m], &b, true, &mut c, sizes);
            close(&c, |i| 2.0 * sum(i));
            by_row(&turned(&a, m, k), [1, m], &b, false, &mut c, sizes);
            close(&c, sum);

            let mut sums = vec![1.0; n];
            sum_rows(&b, &mut sums, true);
            close(&sums, |j| 1.0 + (0..k).map(|p| b[p * n + j]).sum::<f64>());
        }
    }

    #[test]
    fn larger_products_and_sizes_that_overflow_are_not_tiny() {
        assert!(is_tiny([8, 16, 16]) && !is_tiny([8, 16, 17]));
        assert!(!is_tiny([usize::MAX, 2, 1]));
    }
}
