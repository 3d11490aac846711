//! Products of few rows, or of few terms, by multiples of whole rows: one pass over the operands as they
//! lie, without packing.
#![allow(unsafe_code)]
#![allow(clippy::needless_range_loop, reason = "an index walks along several arrays at once")]

use super::output::{Output, Product};
use super::tile::Tiles;
use super::vector::Vector;
use crate::kernel::float::Float;
use crate::kernel::matrix::{Matrix, MatrixMut};
use crate::kernel::parallel;

/// `C = A · B`, or `C += A · B`, by multiples of the rows of `B: [k, n]`, for `B` and `C` with slice
/// rows.
///
/// Each row of `B` is read from memory once, but those of `C` for every four terms: this is for few rows
/// of `A`, or few terms.
pub(super) fn by_row<T: Float>(
    tiles: &'static Tiles<T>,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    accumulate: bool,
    c: MatrixMut<'_, T>,
) {
    let ([m, k], [_, n]) = (a.dims(), b.dims());
    assert!(b.has_slice_rows() && c.has_slice_rows() && b.dims() == [k, n] && c.dims() == [m, n]);
    // While there are few rows of `A`, they cost less than it takes to read those of `B`.
    let work = if m > k { m * n * k } else { n * k };
    let threads = if parallel::is_worthwhile(work) { parallel::threads() } else { 1 };
    // SAFETY: `c` has a place for each product, and is borrowed mutably.
    unsafe { share(tiles, Product { a, b, c: Output::of(c), accumulate }, threads) }
}

/// Shares the rows of `C` among threads, or its columns if these are more work, by halves.
///
/// # Safety
/// As for [`Sweep`].
unsafe fn share<T: Float>(tiles: &'static Tiles<T>, product: Product<'_, T>, threads: usize) {
    /// The columns that a thread takes at least, to read whole lines of the cache and pages.
    const COLUMNS: usize = 512;
    let ([m, k], [_, n]) = (product.a.dims(), product.b.dims());
    let by_rows = m > k;
    let (all, unit) = if by_rows { (m, 1) } else { (n, COLUMNS) };
    let left = threads / 2;
    let at = (all * left / threads).next_multiple_of(unit);
    if left == 0 || at == 0 || at >= all {
        // SAFETY: The caller's, and the function is one of those for this machine.
        return unsafe { (tiles.sweep())(product) };
    }
    let part = |from: usize, to: usize| {
        let Product { a, b, c, accumulate } = product;
        if by_rows {
            Product { a: a.t().columns(from, to - from).t(), b, c: c.from(from, 0), accumulate }
        } else {
            Product { a, b: b.columns(from, to - from), c: c.from(0, from), accumulate }
        }
    };
    let (first, second) = (part(0, at), part(at, all));
    parallel::join(
        // SAFETY: The caller's: each part has other rows of `c`, or other columns.
        &mut move || unsafe { share(tiles, first, left) },
        // SAFETY: As above.
        &mut move || unsafe { share(tiles, second, threads - left) },
    );
}

/// The kernel of [`by_row`].
///
/// # Safety
/// `c` must have a place for each row of `a` and column of `b`, which no other thread uses. The rows of
/// `b` and `c` are slices.
pub(super) type Sweep<T> = unsafe fn(Product<'_, T>);

/// # Safety
/// As for [`Sweep`], on a processor that has the vectors.
#[inline(always)]
pub(super) unsafe fn sweep<V: Vector>(product: Product<'_, V::Element>) {
    let [m, k] = product.a.dims();
    let mut p = 0;
    while p < k {
        let terms = match k - p {
            1 => 1,
            2 | 3 => 2,
            _ => 4,
        };
        for i in 0..m {
            // SAFETY: The caller's, and there are these terms.
            unsafe {
                match terms {
                    1 => combine::<V, 1>(&product, [i, p]),
                    2 => combine::<V, 2>(&product, [i, p]),
                    _ => combine::<V, 4>(&product, [i, p]),
                }
            }
        }
        p += terms;
    }
}

/// Adds the multiples of `N` rows of `b` from row `p` on to row `i` of `c`, or puts the first there.
///
/// # Safety
/// As for [`sweep`], if there are these rows.
#[inline(always)]
unsafe fn combine<V: Vector, const N: usize>(
    product: &Product<'_, V::Element>,
    [i, p]: [usize; 2],
) {
    let (a, n) = (product.a, product.b.dims()[1]);
    let adds = product.accumulate || p > 0;
    let c = product.c.from(i, 0).first;
    // SAFETY: What is read and written are the first `n` elements of these rows.
    unsafe {
        let mut factors = [V::zero(); N];
        let mut rows = [c.cast_const(); N];
        for q in 0..N {
            factors[q] = V::splat(a.get(i, p + q));
            rows[q] = product.b.data().as_ptr().add((p + q) * product.b.strides()[0]);
        }
        let mut j = 0;
        while j + V::LANES <= n {
            let mut sum = if adds { V::load(c.add(j)) } else { V::zero() };
            for q in 0..N {
                sum = factors[q].multiply_add(V::load(rows[q].add(j)), sum);
            }
            sum.store(c.add(j));
            j += V::LANES;
        }
        if j < n {
            let count = n - j;
            let mut sum = if adds { V::load_first(c.add(j), count) } else { V::zero() };
            for q in 0..N {
                sum = factors[q].multiply_add(V::load_first(rows[q].add(j), count), sum);
            }
            sum.store_first(c.add(j), count);
        }
    }
}
