//! Products of a few hundred multiplications, for which a call of the blocked algorithm costs more than
//! it computes.
#![allow(unsafe_code)]
#![allow(clippy::needless_range_loop, reason = "an index walks along several arrays at once")]

use super::tile::Tiles;
use super::vector::{MOST_LANES, Square, Vector};
use crate::kernel::float::Float;

/// The most multiplications of such a product.
const MOST: usize = 1 << 11;

/// Whether `[m, k] · [k, n]` is one.
pub(crate) fn is_small(sizes: [usize; 3]) -> bool {
    sizes.into_iter().try_fold(1, usize::checked_mul).is_some_and(|work| work <= MOST)
}

/// What is added to a product.
#[derive(Clone, Copy)]
pub(crate) enum Plus<'p, T> {
    Nothing,
    /// What the output holds.
    Output,
    /// These, to each row.
    Row(&'p [T]),
}

impl<T> Plus<'_, T> {
    /// What the output holds, if `accumulate`.
    pub(crate) fn output(accumulate: bool) -> Self {
        if accumulate { Plus::Output } else { Plus::Nothing }
    }
}

/// `C = A · B` and `plus`, for contiguous `B` and `C`, and an `A` whose element `[i, p]` lies at
/// `i · strides[0] + p · strides[1]`.
///
/// # Shapes
/// `a: [m, k]`, `b: [k, n]`, `c: [m, n]`
#[inline]
pub(crate) fn by_row<T: Float>(
    tiles: &'static Tiles<T>,
    a: &[T],
    a_strides: [usize; 2],
    b: &[T],
    plus: Plus<'_, T>,
    c: &mut [T],
    sizes @ [m, k, n]: [usize; 3],
) {
    let [down, along] = a_strides;
    let reach = m.saturating_sub(1) * down + k.saturating_sub(1) * along;
    assert!(is_small(sizes) && (reach < a.len() || m * k == 0));
    assert!(b.len() >= k * n && c.len() >= m * n);
    let product = Small::new(sizes, (a, a_strides), (b, n), plus, c);
    // SAFETY: What the slices have was looked at, and the function is for this machine.
    unsafe { (tiles.small().0)(product) }
}

/// `C = A · Bᵀ` and `plus`, for contiguous matrices.
///
/// # Shapes
/// `a: [m, k]`, `b: [n, k]`, `c: [m, n]`
#[inline]
pub(crate) fn by_dot<T: Float>(
    tiles: &'static Tiles<T>,
    a: &[T],
    b: &[T],
    plus: Plus<'_, T>,
    c: &mut [T],
    sizes @ [m, k, n]: [usize; 3],
) {
    assert!(is_small(sizes) && a.len() >= m * k && b.len() >= n * k && c.len() >= m * n);
    let product = Small::new(sizes, (a, [k, 1]), (b, k), plus, c);
    // SAFETY: What the slices have was looked at, and the function is for this machine.
    unsafe { (tiles.small().1)(product) }
}

/// The kernels of [`by_row`] and [`by_dot`].
///
/// # Safety
/// Of the matrices that [`Small`] tells of, `a`, `b` and `start` must be there to be read, and `c` to be
/// written; no other is `c` but `start`, element for element.
pub(super) type Kernels<T> = (unsafe fn(Small<T>), unsafe fn(Small<T>));

/// Where the matrices lie.
pub(super) struct Small<T> {
    sizes: [usize; 3],
    a: *const T,
    a_strides: [usize; 2],
    b: *const T,
    b_stride: usize,
    /// What is added, and how far apart its rows lie.
    start: Option<(*const T, usize)>,
    c: *mut T,
}

impl<T> Small<T> {
    #[inline(always)]
    fn new(
        sizes: [usize; 3],
        (a, a_strides): (&[T], [usize; 2]),
        (b, b_stride): (&[T], usize),
        plus: Plus<'_, T>,
        c: &mut [T],
    ) -> Small<T> {
        let [_, _, n] = sizes;
        let c = c.as_mut_ptr();
        let start = match plus {
            Plus::Nothing => None,
            Plus::Output => Some((c.cast_const(), n)),
            Plus::Row(row) => {
                assert_eq!(row.len(), n, "the length of what is added");
                Some((row.as_ptr(), 0))
            }
        };
        Small { sizes, a: a.as_ptr(), a_strides, b: b.as_ptr(), b_stride, start, c }
    }

    /// Puts `count` sums where those of row `i` from column `j` on go.
    ///
    /// # Safety
    /// As for [`Kernels`], if there are these columns.
    #[inline(always)]
    unsafe fn put<V: Vector<Element = T>>(&self, mut sums: V, [i, j]: [usize; 2], count: usize) {
        // SAFETY: The caller's.
        unsafe {
            if let Some((start, stride)) = self.start {
                sums = sums.add(V::load_first(start.add(i * stride + j), count));
            }
            sums.store_first(self.c.add(i * self.sizes[2] + j), count);
        }
    }
}

/// # Safety
/// As for [`Kernels`], on a processor that has the vectors.
#[inline(always)]
pub(super) unsafe fn rows<V: Vector>(product: Small<V::Element>) {
    let [m, k, n] = product.sizes;
    for j in (0..n).step_by(V::LANES) {
        let mut i = 0;
        while i < m {
            // SAFETY: The caller's, and there is a row and a column.
            i += unsafe {
                // Short sums take less than what stands around them: more rows share that.
                if k < 4 && m - i >= 4 {
                    tile::<V, 4, 1>(&product, [i, j])
                } else {
                    tile::<V, 2, 2>(&product, [i, j])
                }
            };
        }
    }
}

/// A vector of columns from `j` on, or what is left of them, of `M` rows from `i` on; of one row if two
/// are not left. Each sum is taken in `U` parts, so that none need wait for the last term. Returns `M`.
///
/// # Safety
/// As for [`rows`].
#[inline(always)]
unsafe fn tile<V: Vector, const M: usize, const U: usize>(
    product: &Small<V::Element>,
    [i, j]: [usize; 2],
) -> usize {
    let &Small { sizes: [m, k, n], a_strides: [down, along], b_stride, .. } = product;
    let (height, count) = (M.min(m - i), V::LANES.min(n - j));
    // SAFETY: What is read of `b` are `count` columns of its row below `k`, and of `a` as much.
    unsafe {
        // Without terms these point where nothing is read, as they do behind the last.
        let (mut a, mut b) = (product.a.wrapping_add(i * down), product.b.wrapping_add(j));
        // The last row stands for one that is not there.
        let down = if height == M { down } else { 0 };
        let mut sums = [[V::zero(); U]; M];
        let mut left = k;
        while left >= U {
            for part in 0..U {
                let row = V::load_first(b, count);
                for i in 0..M {
                    let factor = V::splat(*a.add(i * down));
                    sums[i][part] = factor.multiply_add(row, sums[i][part]);
                }
                (a, b) = (a.wrapping_add(along), b.wrapping_add(b_stride));
            }
            left -= U;
        }
        while left > 0 {
            let row = V::load_first(b, count);
            for i in 0..M {
                let factor = V::splat(*a.add(i * down));
                sums[i][0] = factor.multiply_add(row, sums[i][0]);
            }
            (a, b) = (a.wrapping_add(along), b.wrapping_add(b_stride));
            left -= 1;
        }
        for (at, parts) in sums.into_iter().enumerate().take(height) {
            let mut sum = parts[0];
            for part in 1..U {
                sum = sum.add(parts[part]);
            }
            product.put(sum, [i + at, j], count);
        }
    }
    M
}

/// # Safety
/// As for [`rows`].
#[inline(always)]
pub(super) unsafe fn dots<V: Square>(product: Small<V::Element>) {
    let Small { sizes: [m, k, n], .. } = product;
    for j in (0..n).step_by(V::LANES) {
        let count = V::LANES.min(n - j);
        let mut rows = [product.b; MOST_LANES];
        for (at, row) in rows.iter_mut().enumerate().take(V::LANES) {
            // The last row stands for those that are not there.
            *row = row.wrapping_add((j + at).min(n - 1) * k);
        }
        for i in 0..m {
            // SAFETY: What is read are elements below `k` of rows of `a` and `b`.
            unsafe {
                let a = product.a.add(i * k);
                let mut sums = [V::zero(); MOST_LANES];
                for p in (0..k).step_by(V::LANES) {
                    let terms = V::LANES.min(k - p);
                    let x = V::load_first(a.add(p), terms);
                    for at in 0..V::LANES {
                        let row = V::load_first(rows[at].add(p), terms);
                        sums[at] = x.multiply_add(row, sums[at]);
                    }
                }
                product.put(V::sums_of(&sums), [i, j], count);
            }
        }
    }
}
