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
/// The terms of a sum that are taken at once, and the most of them.
const TERMS: usize = 4;
const MOST_TERMS: usize = 2 * TERMS;

/// Calls the macro `$of` with `$arguments`, a size and a position, for parts of `$all` of the constant
/// sizes that are listed, the largest first.
macro_rules! in_parts {
    ($all:expr, [$($size:expr),*], $of:ident $arguments:tt) => {{
        let mut at = 0;
        $(while $all - at >= $size {
            $of!($arguments, $size, at);
            at += $size;
        })*
    }};
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
    /// `count` rows of `x` from row `first` on.
    #[inline(always)]
    fn rows<T, const COUNT: usize>(x: &[T], first: usize, k: usize) -> [&[T]; COUNT] {
        let mut rows: [&[T]; COUNT] = [&[]; COUNT];
        let mut rest = &x[first * k..];
        for row in &mut rows {
            (*row, rest) = rest.split_at(k);
        }
        rows
    }
    /// Adds the terms from `at` on, of which there are `Q`.
    #[inline(always)]
    fn add<T: Float, const M: usize, const N: usize, const Q: usize>(
        a: &[&[T]; M],
        b: &[&[T]; N],
        at: usize,
        sums: &mut [[T; N]; M],
    ) {
        let mut columns = [[T::ZERO; N]; Q];
        for lane in 0..N {
            let row = &b[lane][at..at + Q];
            for q in 0..Q {
                columns[q][lane] = row[q];
            }
        }
        for i in 0..M {
            let row = &a[i][at..at + Q];
            for q in 0..Q {
                for lane in 0..N {
                    sums[i][lane] += row[q] * columns[q][lane];
                }
            }
        }
    }
    macro_rules! terms {
        (($a:ident, $b:ident, $sums:ident), $count:expr, $at:ident) => {
            add::<T, _, _, $count>(&$a, &$b, $at, &mut $sums)
        };
    }
    macro_rules! block {
        (($m:expr, $row:ident), $n:expr, $column:ident) => {{
            let (a, b) = (rows::<T, $m>(a, $row, k), rows::<T, $n>(b, $column, k));
            let mut sums = [[T::ZERO; $n]; $m];
            in_parts!(k, [TERMS, 1], terms(a, b, sums));
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
    macro_rules! rows {
        ((), $m:expr, $row:ident) => {
            in_parts!(n, [LANES, HALF, 1], block($m, $row))
        };
    }
    in_parts!(m, [2, 1], rows());
}

/// `C (+)= A · B`, for an `A` whose element `[i, j]` is `a[i · strides[0] + j · strides[1]]`; the
/// product is added to `c` if `accumulate`.
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
    /// Adds the terms from `at` on, of which there are `Q`, to the `N` columns from `column` on, or
    /// puts them there.
    #[inline(always)]
    fn add<T: Float, const Q: usize, const N: usize>(
        a: &[T],
        [down, along]: [usize; 2],
        b: &[T],
        [at, column]: [usize; 2],
        accumulate: bool,
        c: &mut [T],
        [m, n]: [usize; 2],
    ) {
        let mut rows = [[T::ZERO; N]; Q];
        for q in 0..Q {
            rows[q].copy_from_slice(&b[(at + q) * n + column..][..N]);
        }
        for i in 0..m {
            // Long sums are taken in two, so that one need not wait for the other.
            let halves = if Q > TERMS { 2 } else { 1 };
            let mut sums = [[T::ZERO; N]; 2];
            for q in 0..Q {
                let factor = a[i * down + (at + q) * along];
                for lane in 0..N {
                    sums[q % halves][lane] += factor * rows[q][lane];
                }
            }
            let [mut sums, others] = sums;
            if halves > 1 {
                for lane in 0..N {
                    sums[lane] += others[lane];
                }
            }
            let c = &mut c[i * n + column..][..N];
            if accumulate {
                for lane in 0..N {
                    sums[lane] += c[lane];
                }
            }
            c.copy_from_slice(&sums);
        }
    }
    macro_rules! columns {
        (($count:expr, $at:ident), $n:expr, $column:ident) => {{
            let accumulate = accumulate || $at > 0;
            add::<T, $count, $n>(a, strides, b, [$at, $column], accumulate, c, [m, n]);
        }};
    }
    macro_rules! terms {
        ((), $count:expr, $at:ident) => {
            in_parts!(n, [LANES, HALF, 1], columns($count, $at))
        };
    }
    if k == 0 && !accumulate {
        c[..m * n].fill(T::ZERO);
    }
    in_parts!(k, [MOST_TERMS, TERMS, 2, 1], terms());
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
