//! Products in blocks that fit the caches, of any orientation.
//!
//! `C = A · B` is cut into tiles. A tile wants single elements of a few rows of `A`, which any
//! orientation offers, and vectors of neighbouring columns of `B`, a panel. It is fastest if what it
//! wants lies together, so both are packed, unless they are used too few times to pay for it: `A` if
//! many panels use it, fewer if it lies by columns, `B` if many rows use it or it lies by columns. As
//! `Cᵀ = Bᵀ · Aᵀ`, either operand can take either part, and the cheaper one is chosen: in `X · Wᵀ`,
//! where both lie across, the smaller of the two is packed.
//!
//! A sum is taken in the order of its terms, in pieces that depend on their number alone, so neither
//! blocks nor threads change a result.
//!
//! # Source
//! K. Goto, R. van de Geijn, "Anatomy of high-performance matrix multiplication", 2008.
#![allow(unsafe_code)]

use super::output::Output;
use super::pack::{pack, pack_panels};
use super::tile::{Operands, Tiles};
use crate::buffer::with_scratch;
use crate::kernel::float::Float;
use crate::kernel::matrix::{Matrix, MatrixMut};
use crate::kernel::parallel;
use crate::kernel::prefetch::prefetch;

/// Terms that are summed at once, in bytes: a panel of so many rows of `B` stays in the cache next to
/// the core.
const DEPTH: usize = 2048;

/// Rows of `A`, and elements of `B` in bytes, that are used at once: each lie in the second cache.
const ROWS: usize = 48;
const BLOCK: usize = 1 << 19;

/// Elements of `A` in bytes that are packed at once, to be used by all blocks of `B`.
const STRIPS: usize = 1 << 20;

/// For so few rows of `A` a smaller block of `B` is better, which is still near when they use it.
const FEW_ROWS: usize = 64;
const SMALL_BLOCK: usize = 1 << 17;

/// Where `B` lies row by row, it is packed for more rows of `A` than this: for fewer it does not pay.
const DIRECT_ROWS: usize = 32;

/// Rows of `A` at this distance in bytes or more are on pages of their own, where a processor does not
/// look ahead.
const PAGE: usize = 4096;

/// Rows of `B` at a multiple of this distance in bytes share few places in the caches: not many of
/// them stay there to be read again.
const FAR: usize = 2048;
const NOT_MANY: usize = 64;

/// `A` is packed for so many columns of `B` or more, if it lies column by column, so that a tile reads a
/// few elements of each line of the cache, or row by row.
const COLUMNS_ACROSS: usize = 128;
const COLUMNS_ALONG: usize = 1024;

/// Rows and columns of an output that are turned at once: lines of the cache of both sides.
const SQUARE: usize = 16;

/// The largest tile, in elements.
const LARGEST: usize = 8 * 32;

/// `C = A · B`, or `C += A · B`.
///
/// # Shapes
/// `a: [m, k]`, `b: [k, n]`, `c: [m, n]`
pub(super) fn blocked<T: Float>(
    tiles: &'static Tiles<T>,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    accumulate: bool,
    c: MatrixMut<'_, T>,
    threads: usize,
) {
    let c = Output::of(c);
    let product = Product { tiles, a, b, c, accumulate };
    let turned = Product { a: b.t(), b: a.t(), c: c.t(), ..product };
    if turned.cost() < product.cost() { turned.run(threads) } else { product.run(threads) }
}

/// What is to be done.
///
/// `c` has a place for each row of `a` and column of `b`, all of them different.
#[derive(Clone, Copy)]
struct Product<'p, T: 'static> {
    tiles: &'static Tiles<T>,
    a: Matrix<'p, T>,
    b: Matrix<'p, T>,
    c: Output<T>,
    accumulate: bool,
}

impl<'p, T: Float> Product<'p, T> {
    /// The elements that are moved one by one besides the product itself.
    fn cost(&self) -> usize {
        let (m, n) = (self.a.dims()[0], self.b.dims()[1]);
        let store = if self.c.strides[1] == 1 { 0 } else { m * n };
        self.cost_to_pack() + store
    }

    fn cost_to_pack(&self) -> usize {
        let [k, n] = self.b.dims();
        match (self.is_direct(), self.b.has_slice_rows()) {
            (true, _) => 0,
            (false, true) => k * n / 16,
            (false, false) => k * n,
        }
    }

    /// Whether `b` is read where it lies.
    fn is_direct(&self) -> bool {
        self.b.has_slice_rows() && self.a.dims()[0] <= DIRECT_ROWS && !is_crowded(&self.b)
    }

    /// Whether `a` is packed: there are enough panels to use it.
    fn packs_rows(&self) -> bool {
        let enough = if self.a.has_slice_rows() { COLUMNS_ALONG } else { COLUMNS_ACROSS };
        self.b.dims()[1] >= enough
    }

    /// Whether the rows of `a` are asked for early.
    fn has_far_rows(&self) -> bool {
        self.a.has_slice_rows() && self.a.strides()[0] * size_of::<T>() >= PAGE
    }

    /// Shares the product among threads, by halves.
    fn run(self, threads: usize) {
        let ([m, k], [_, n]) = (self.a.dims(), self.b.dims());
        // Either each thread packs all of `b`, or each reads all of `a`.
        let (height, width) = (self.tiles.height(), self.tiles.width());
        let by_rows = n < 2 * width || m >= 2 * height && self.cost_to_pack() < m * k / 8;
        let (size, unit) = if by_rows { (m, height) } else { (n, width) };
        if threads <= 1 || size < 2 * unit {
            return self.run_alone();
        }
        let left = threads / 2;
        let at = (size * left / threads).next_multiple_of(unit);
        let [first, second] = if by_rows {
            let rows = |from, to| Product {
                a: self.a.t().columns(from, to - from).t(),
                c: self.c.from(from, 0),
                ..self
            };
            [rows(0, at), rows(at, m)]
        } else {
            let columns = |from, to| Product {
                b: self.b.columns(from, to - from),
                c: self.c.from(0, from),
                ..self
            };
            [columns(0, at), columns(at, n)]
        };
        parallel::join(&mut move || first.run(left), &mut move || second.run(threads - left));
    }

    fn run_alone(self) {
        if self.c.strides[1] == 1 {
            return self.run_pieces();
        }
        // A tile would reach for few elements of many rows of an output that lies across.
        let (m, n) = (self.a.dims()[0], self.b.dims()[1]);
        with_scratch(m * n, |sums: &mut [T]| {
            let c = Output { first: sums.as_mut_ptr(), strides: [n, 1] };
            Product { c, accumulate: false, ..self }.run_pieces();
            for left in (0..n).step_by(SQUARE) {
                for top in (0..m).step_by(SQUARE) {
                    let [height, columns] = [SQUARE.min(m - top), SQUARE.min(n - left)];
                    let part = &sums[top * n + left..];
                    self.store(part, self.c.from(top, left), [height, columns, n]);
                }
            }
        });
    }

    /// The product in pieces of its sums, one after another, into an output that lies row by row.
    fn run_pieces(self) {
        let ([m, k], [_, n]) = (self.a.dims(), self.b.dims());
        let (_, depth) = pieces::<T>(k);
        let width = self.tiles.width();
        let block = if m <= FEW_ROWS { SMALL_BLOCK } else { BLOCK };
        let columns = (block / size_of::<T>() / depth).next_multiple_of(width);
        // All panels of a block, or the last one only, which may be narrower than a tile.
        let panels = if self.is_direct() { 1 } else { n.min(columns).div_ceil(width) };
        let packs_rows = self.packs_rows();
        let (rows, strips) = if packs_rows {
            let rows = (STRIPS / size_of::<T>() / depth).next_multiple_of(ROWS).min(m);
            (rows, rows)
        } else {
            (m, 0)
        };
        with_scratch((panels * width + strips) * depth, |packed| {
            let (panels, strips) = packed.split_at_mut(panels * width * depth);
            for from in (0..k).step_by(depth) {
                let depth = depth.min(k - from);
                let part = Product {
                    a: self.a.columns(from, depth),
                    b: self.b.t().columns(from, depth).t(),
                    accumulate: self.accumulate || from > 0,
                    ..self
                };
                for top in (0..m).step_by(rows) {
                    let part = Product {
                        a: part.a.t().columns(top, rows.min(m - top)).t(),
                        c: part.c.from(top, 0),
                        ..part
                    };
                    if packs_rows {
                        part.pack_rows(strips);
                    }
                    for left in (0..n).step_by(columns) {
                        let part = Product {
                            b: part.b.columns(left, columns.min(n - left)),
                            c: part.c.from(0, left),
                            ..part
                        };
                        part.run_block(panels, packs_rows.then_some(strips));
                    }
                }
            }
        });
    }

    /// Writes the rows of `a` to `strips`, each strip those of a tile, as [`run_block`] takes them: the
    /// highest tiles in whole turns of [`ROWS`], and what the choice of tiles gives for the rest.
    ///
    /// [`run_block`]: Product::run_block
    fn pack_rows(&self, strips: &mut [T]) {
        const { assert!(ROWS.is_multiple_of(6) && ROWS.is_multiple_of(8), "heights of tiles") };
        let [m, depth] = self.a.dims();
        let highest = self.tiles.height();
        let mut i = m - m % ROWS;
        while self.tiles.of(m - i, 0).0 == highest {
            i += highest;
        }
        pack_panels(self.a.t().columns(0, i), highest, strips);
        while i < m {
            let (height, _) = self.tiles.of(m - i, 0);
            pack(self.a.t().columns(i, height), height, &mut strips[i * depth..]);
            i += height;
        }
    }

    /// The product for a `b` whose panels are used one after another by blocks of rows of `a`; `panels`
    /// has room for what is packed of them, and `strips` are the rows if they were packed.
    fn run_block(self, panels: &mut [T], strips: Option<&[T]>) {
        let ([m, depth], [_, n]) = (self.a.dims(), self.b.dims());
        let width = self.tiles.width();
        let direct = self.is_direct();
        let far = strips.is_none() && self.has_far_rows();
        let room = if direct { 0 } else { width * depth };
        let panel = |left: usize| {
            let columns = width.min(n - left);
            let (index, wide) = self.tiles.width_for(columns);
            (columns, index, wide, direct && columns == wide)
        };
        let whole = n - n % width;
        if !direct {
            pack_panels(self.b.columns(0, whole), width, panels);
        }
        if whole < n
            && let (columns, _, wide, false) = panel(whole)
        {
            pack(self.b.columns(whole, columns), wide, &mut panels[whole / width * room..]);
        }
        let mut part = [T::ZERO; LARGEST];
        for top in (0..m).step_by(ROWS) {
            let end = m.min(top + ROWS);
            for (at, left) in (0..n).step_by(width).enumerate() {
                let (columns, index, wide, in_place) = panel(left);
                let (b, b_stride) = if in_place {
                    (&self.b.data()[left..], self.b.strides()[0])
                } else {
                    (&panels[at * room..], wide)
                };
                debug_assert!(b.len() >= (depth - 1) * b_stride + wide);
                let mut i = top;
                while i < end {
                    let (height, tile) = self.tiles.of(end - i, index);
                    let (a, a_strides) = match strips {
                        Some(strips) => (&strips[i * depth..], [1, height]),
                        None => (&self.a.data()[i * self.a.strides()[0]..], self.a.strides()),
                    };
                    if far {
                        // What the rows of the next turn have, in as many parts as there are panels.
                        let count = n.div_ceil(width);
                        let part = depth * at / count..depth * (at + 1) / count;
                        for row in i + ROWS..m.min(i + ROWS + height) {
                            prefetch(&self.a.row(row)[part.clone()]);
                        }
                    }
                    let c = self.c.from(i, left);
                    let fits = columns == wide;
                    let operands = Operands {
                        depth,
                        a: a.as_ptr(),
                        a_strides,
                        b: b.as_ptr(),
                        b_stride,
                        c: if fits { c.first } else { part.as_mut_ptr() },
                        c_stride: if fits { c.strides[0] } else { wide },
                        accumulate: fits && self.accumulate,
                    };
                    debug_assert!(height * wide <= LARGEST);
                    debug_assert!(
                        a.len() > (height - 1) * a_strides[0] + (depth - 1) * a_strides[1]
                    );
                    // SAFETY: Rows `i..i + height` are rows of `a`, which has `depth` columns, where they
                    // lie or packed as a strip of just these. `b` is a matrix of `depth` rows and at least
                    // `wide` columns from `left` on, or a packed panel of just these. The output has these
                    // rows and columns, or `part` is large enough for them. The tile is one of those for
                    // this machine.
                    unsafe { tile(operands) };
                    if !fits {
                        self.store(&part, c, [height, columns, wide]);
                    }
                    i += height;
                }
            }
        }
    }

    /// Puts what there is of a tile in its place.
    fn store(&self, part: &[T], c: Output<T>, [height, columns, wide]: [usize; 3]) {
        for j in 0..columns {
            for i in 0..height {
                // SAFETY: This is an element of the output that nobody else has.
                let c = unsafe { &mut *c.from(i, j).first };
                let sum = part[i * wide + j];
                *c = if self.accumulate { *c + sum } else { sum };
            }
        }
    }
}

/// Whether the rows of `b` have too few places in the caches to be read again.
pub(super) fn is_crowded<T: Float>(b: &Matrix<'_, T>) -> bool {
    b.dims()[0] > NOT_MANY && (b.strides()[0] * size_of::<T>()).is_multiple_of(FAR)
}

/// Into how many pieces a sum of `terms` is cut, and the terms of each but the last.
fn pieces<T>(terms: usize) -> (usize, usize) {
    let count = terms.div_ceil(DEPTH / size_of::<T>()).max(1);
    (count, terms.div_ceil(count))
}
