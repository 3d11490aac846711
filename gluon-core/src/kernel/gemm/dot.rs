//! Products of few rows with the rows of another matrix, by dot products: one pass over the operands as
//! they lie, without packing.
#![allow(unsafe_code)]
#![allow(clippy::needless_range_loop, reason = "an index walks along several arrays at once")]

use super::MULTIPLICATIONS;
use super::output::{Output, Product};
use super::tile::Tiles;
use super::vector::Vector;
use crate::kernel::float::Float;
use crate::kernel::matrix::{Matrix, MatrixMut};
use crate::kernel::parallel;

/// The rows of `B` that are multiplied at once.
const ROWS: usize = 4;

/// `C = A · Bᵀ`, or `C += A · Bᵀ`, for `A` and `B` with slice rows.
///
/// Each row of `B` is read from memory once, so a few rows of `A` cost as much as one.
///
/// # Shapes
/// `a: [m, k]`, `b: [n, k]`, `c: [m, n]`
pub(super) fn by_dot<T: Float>(
    tiles: &'static Tiles<T>,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    accumulate: bool,
    c: MatrixMut<'_, T>,
) {
    let ([m, k], [n, _]) = (a.dims(), b.dims());
    assert!(a.has_slice_rows() && b.has_slice_rows() && b.dims() == [n, k] && c.dims() == [m, n]);
    let product = Product { a, b, c: Output::of(c), accumulate };
    // While there are few rows of `A`, they cost less than it takes to read those of `B`.
    let cost = k.div_ceil(m.clamp(1, MULTIPLICATIONS));
    let threads = if parallel::is_worthwhile(m * n * cost) { parallel::threads() } else { 1 };
    // SAFETY: `c` has a place for each product, and is borrowed mutably.
    unsafe { share(tiles, product, threads) }
}

/// Shares the rows of `B` among threads, by halves.
///
/// # Safety
/// As for [`Dots`].
unsafe fn share<T: Float>(tiles: &'static Tiles<T>, product: Product<'_, T>, threads: usize) {
    let [n, _] = product.b.dims();
    if threads <= 1 || n < 2 * ROWS {
        // SAFETY: The caller's, and the function is one of those for this machine.
        return unsafe { (tiles.dots())(product) };
    }
    let left = threads / 2;
    let at = (n * left / threads).next_multiple_of(ROWS);
    let part = |from: usize, to: usize| Product {
        b: product.b.t().columns(from, to - from).t(),
        c: product.c.from(0, from),
        ..product
    };
    let (first, second) = (part(0, at), part(at, n));
    parallel::join(
        // SAFETY: The caller's: each part has other rows of `b`, and other columns of `c`.
        &mut move || unsafe { share(tiles, first, left) },
        // SAFETY: As above.
        &mut move || unsafe { share(tiles, second, threads - left) },
    );
}

/// `C = A · Bᵀ` or `C += A · Bᵀ`.
///
/// # Safety
/// `c` must have a place for each row of `a` and of `b`, which no other thread uses. The rows of both
/// are slices of the same length.
pub(super) type Dots<T> = unsafe fn(Product<'_, T>);

/// # Safety
/// As for [`Dots`], on a processor that has the vectors.
#[inline(always)]
pub(super) unsafe fn dots<V: Vector>(product: Product<'_, V::Element>) {
    let ([m, _], [n, _]) = (product.a.dims(), product.b.dims());
    for j in (0..n).step_by(ROWS) {
        let b = rows::<_, ROWS>(product.b, j);
        let mut i = 0;
        while i < m {
            // SAFETY: These are rows of `b`, and so many rows of `a` are left.
            i += unsafe {
                match m - i {
                    1 => tile::<V, 1, 2>(&product, [i, j], b),
                    2 | 4 => tile::<V, 2, 1>(&product, [i, j], b),
                    _ => tile::<V, 3, 1>(&product, [i, j], b),
                }
            };
        }
    }
}

/// Where `N` rows begin from row `first` on, the last again where there are fewer.
#[inline(always)]
fn rows<T: Float, const N: usize>(x: Matrix<'_, T>, first: usize) -> [*const T; N] {
    let (last, stride) = (x.dims()[0] - 1, x.strides()[0]);
    let mut rows = [x.data().as_ptr(); N];
    for (at, row) in rows.iter_mut().enumerate() {
        *row = row.wrapping_add((first + at).min(last) * stride);
    }
    rows
}

/// The products of the `M` rows of `a` from `i` on with the rows `b`, those of `b` from `j` on. Each is
/// taken in `U` vectors of sums. Returns `M`.
///
/// # Safety
/// As for [`dots`], if there are these rows.
#[inline(always)]
unsafe fn tile<V: Vector, const M: usize, const U: usize>(
    product: &Product<'_, V::Element>,
    [i, j]: [usize; 2],
    b: [*const V::Element; ROWS],
) -> usize {
    let (a, [n, k]) = (rows::<_, M>(product.a, i), product.b.dims());
    // SAFETY: What is loaded are elements of the rows below `k`, and `c` has a place for each product.
    unsafe {
        let mut sums = [[[V::zero(); U]; ROWS]; M];
        let mut p = 0;
        while p + U * V::LANES <= k {
            for u in 0..U {
                let at = p + u * V::LANES;
                let mut x = [V::zero(); M];
                for i in 0..M {
                    x[i] = V::load(a[i].add(at));
                }
                for j in 0..ROWS {
                    let row = V::load(b[j].add(at));
                    for i in 0..M {
                        sums[i][j][u] = x[i].multiply_add(row, sums[i][j][u]);
                    }
                }
            }
            p += U * V::LANES;
        }
        while p < k {
            let count = V::LANES.min(k - p);
            let mut x = [V::zero(); M];
            for i in 0..M {
                x[i] = V::load_first(a[i].add(p), count);
            }
            for j in 0..ROWS {
                let row = V::load_first(b[j].add(p), count);
                for i in 0..M {
                    sums[i][j][0] = x[i].multiply_add(row, sums[i][j][0]);
                }
            }
            p += count;
        }
        for at in 0..M {
            let mut lanes = [V::zero(); ROWS];
            for j in 0..ROWS {
                lanes[j] = sums[at][j][0];
                for u in 1..U {
                    lanes[j] = lanes[j].add(sums[at][j][u]);
                }
            }
            let Output { first, strides } = product.c.from(i + at, j);
            for (j, sum) in V::sums(lanes).into_iter().enumerate().take(n - j) {
                let c = first.add(j * strides[1]);
                *c = if product.accumulate { *c + sum } else { sum };
            }
        }
    }
    M
}
