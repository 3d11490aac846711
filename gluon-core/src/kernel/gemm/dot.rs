//! Products of few rows with the rows of another matrix, by dot products: one pass over the operands as
//! they lie, without packing.
#![allow(unsafe_code)]
#![allow(clippy::needless_range_loop, reason = "an index walks along several arrays at once")]

use super::MULTIPLICATIONS;
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
    mut c: MatrixMut<'_, T>,
) {
    let ([m, k], [n, _], c_strides) = (a.dims(), b.dims(), c.strides());
    assert!(a.has_slice_rows() && b.has_slice_rows() && b.dims() == [n, k] && c.dims() == [m, n]);
    let operands = Operands {
        sizes: [m, k, n],
        a: a.data().as_ptr(),
        a_stride: a.strides()[0],
        b: b.data().as_ptr(),
        b_stride: b.strides()[0],
        c: c.data_mut().as_mut_ptr(),
        c_strides,
        accumulate,
    };
    // While there are few rows of `A`, they cost less than it takes to read those of `B`.
    let cost = k.div_ceil(m.clamp(1, MULTIPLICATIONS));
    let threads = if parallel::is_worthwhile(m * n * cost) { parallel::threads() } else { 1 };
    // SAFETY: The operands are these matrices, of which `c` is borrowed mutably.
    unsafe { share(tiles, operands, threads) }
}

/// Shares the rows of `B` among threads, by halves.
///
/// # Safety
/// As for [`Dots`].
unsafe fn share<T: Float>(tiles: &'static Tiles<T>, operands: Operands<T>, threads: usize) {
    let [m, k, n] = operands.sizes;
    if threads <= 1 || n < 2 * ROWS {
        // SAFETY: The caller's, and the function is one of those for this machine.
        return unsafe { (tiles.dots())(operands) };
    }
    let left = threads / 2;
    let at = (n * left / threads).next_multiple_of(ROWS);
    let part = |from: usize, to: usize| Operands {
        sizes: [m, k, to - from],
        b: operands.b.wrapping_add(from * operands.b_stride),
        c: operands.c.wrapping_add(from * operands.c_strides[1]),
        ..operands
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
/// For `[m, k, n]` of the [`Operands`], `a[i, p]` and `b[j, p]` may be read, `c[i, j]` read and written,
/// and no other thread uses the latter.
pub(super) type Dots<T> = unsafe fn(Operands<T>);

/// Where the operands lie: `a[i, p]` at `i · a_stride + p`, `b[j, p]` at `j · b_stride + p`, `c[i, j]` at
/// `i · c_strides[0] + j · c_strides[1]`, for `[i, p, j]` below `sizes`.
#[derive(Clone, Copy)]
pub(super) struct Operands<T> {
    sizes: [usize; 3],
    a: *const T,
    a_stride: usize,
    b: *const T,
    b_stride: usize,
    c: *mut T,
    c_strides: [usize; 2],
    /// Whether to add to `c`.
    accumulate: bool,
}

// SAFETY: They stand for two `&[T]` and a `&mut [T]`, of which each part writes other elements.
unsafe impl<T: Send + Sync> Send for Operands<T> {}

/// # Safety
/// As for [`Dots`], on a processor that has the vectors.
#[inline(always)]
pub(super) unsafe fn dots<V: Vector>(operands: Operands<V::Element>) {
    let [m, _, n] = operands.sizes;
    for j in (0..n).step_by(ROWS) {
        // Where there are fewer rows the last is taken again.
        let mut b = [operands.b; ROWS];
        for (at, b) in b.iter_mut().enumerate() {
            *b = b.wrapping_add((j + at).min(n - 1) * operands.b_stride);
        }
        let mut i = 0;
        while i < m {
            // SAFETY: These are rows of `b`, and so many rows of `a` are left.
            i += unsafe {
                match m - i {
                    1 => tile::<V, 1, 2>(&operands, [i, j], b),
                    2 | 4 => tile::<V, 2, 1>(&operands, [i, j], b),
                    _ => tile::<V, 3, 1>(&operands, [i, j], b),
                }
            };
        }
    }
}

/// The products of the `M` rows of `a` from `i` on with the rows `b`, those of `b` from `j` on. Each is
/// taken in `U` vectors of sums. Returns `M`.
///
/// # Safety
/// As for [`dots`], if there are these rows.
#[inline(always)]
unsafe fn tile<V: Vector, const M: usize, const U: usize>(
    operands: &Operands<V::Element>,
    [i, j]: [usize; 2],
    b: [*const V::Element; ROWS],
) -> usize {
    let [_, k, n] = operands.sizes;
    let mut a = [operands.a; M];
    for (at, a) in a.iter_mut().enumerate() {
        *a = a.wrapping_add((i + at) * operands.a_stride);
    }
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
            let row = operands.c.add((i + at) * operands.c_strides[0]);
            for (j, sum) in (j..n).zip(V::sums(lanes)) {
                let c = row.add(j * operands.c_strides[1]);
                *c = if operands.accumulate { *c + sum } else { sum };
            }
        }
    }
    M
}
