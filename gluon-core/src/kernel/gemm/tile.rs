//! The innermost loop of a product: one tile of the output, held in registers over the whole sum.
//!
//! It is written in vectors of the instruction set that a copy is compiled for: what the compiler makes
//! of loops over arrays is as good for most heights, but takes three times as long for some.
#![allow(unsafe_code)]
#![allow(clippy::needless_range_loop, reason = "an index walks along several arrays at once")]

use super::dot::{self, Dots};
use super::output::Product;
use super::small::{self, Kernels};
use super::thin::{self, Sweep};
use super::vector::Vector;
#[cfg(target_arch = "x86_64")]
use super::vector::x86;
use crate::kernel::prefetch::prefetch_line;
#[cfg(target_arch = "x86_64")]
use crate::kernel::simd::{Level, level};

/// The output, whose rows may be far from each other and from the core, is asked for before sums of so
/// many terms.
const LONG: usize = 128;

/// An element type of products.
pub(crate) trait Tiled: Sized + 'static {
    /// The tiles that this machine can run, the best last.
    fn every_tiles() -> impl DoubleEndedIterator<Item = &'static Tiles<Self>>;

    /// The best tiles for this machine.
    #[inline]
    fn tiles() -> &'static Tiles<Self> {
        Self::every_tiles().next_back().unwrap_or_else(|| unreachable!("every machine runs one"))
    }
}

/// The tiles of one instruction set.
pub(crate) struct Tiles<T: 'static> {
    /// Numbers of columns, ascending: half a vector, one, two.
    widths: [usize; 3],
    /// Numbers of rows, descending to 1, each with the tiles of all widths.
    heights: &'static [(usize, [Tile<T>; 3])],
    dots: Dots<T>,
    small: Kernels<T>,
    sweep: Sweep<T>,
}

impl<T> Tiles<T> {
    /// The columns of the widest tile.
    pub(super) fn width(&self) -> usize {
        self.widths[2]
    }

    /// The rows of the highest tile.
    pub(super) fn height(&self) -> usize {
        self.heights[0].0
    }

    /// The dot products in these vectors.
    pub(super) fn dots(&self) -> Dots<T> {
        self.dots
    }

    /// Small products in these vectors.
    pub(super) fn small(&self) -> Kernels<T> {
        self.small
    }

    /// Multiples of whole rows in these vectors.
    pub(super) fn sweep(&self) -> Sweep<T> {
        self.sweep
    }

    /// Which of the widths takes `columns` columns, of which there are at most [`width`](Tiles::width),
    /// and that width.
    pub(super) fn width_for(&self, columns: usize) -> (usize, usize) {
        let index = self.widths.iter().position(|&width| width >= columns).unwrap_or(2);
        (index, self.widths[index])
    }

    /// The highest tile of at most `rows` rows, and its rows; one of half the rows if two of them are
    /// as many, since a lower one for the rest would take as long.
    pub(super) fn of(&self, rows: usize, width_index: usize) -> (usize, Tile<T>) {
        let last = self.heights.len() - 1;
        let mut index = self.heights.iter().position(|&(height, _)| height <= rows).unwrap_or(last);
        if index < last && rows > self.heights[index].0 && rows == 2 * self.heights[index + 1].0 {
            index += 1;
        }
        let (height, tiles) = &self.heights[index];
        (*height, tiles[width_index])
    }
}

/// `C = A · B` or `C += A · B` for a tile.
///
/// # Safety
/// For the height and the width of the tile, the [`Operands`] must be such that `a[i, p]` and
/// `b[p, j]` may be read and `c[i, j]` read and written, and no other thread uses the latter.
pub(super) type Tile<T> = unsafe fn(Operands<T>);

/// Where the operands of a tile lie: `a[i, p]` at `i · a_strides[0] + p · a_strides[1]`, `b[p, j]` at
/// `p · b_stride + j`, `c[i, j]` at `i · c_stride + j`, for `p` below `depth`.
pub(super) struct Operands<T> {
    pub(super) depth: usize,
    pub(super) a: *const T,
    pub(super) a_strides: [usize; 2],
    pub(super) b: *const T,
    pub(super) b_stride: usize,
    pub(super) c: *mut T,
    pub(super) c_stride: usize,
    /// Whether to add to `c`.
    pub(super) accumulate: bool,
}

/// A tile of `M` rows and `N` vectors of columns.
///
/// # Safety
/// As for [`Tile`], on a processor that has the vectors.
#[inline(always)]
unsafe fn tile<V: Vector, const M: usize, const N: usize>(operands: Operands<V::Element>) {
    let Operands { depth, mut a, a_strides, mut b, b_stride, c, c_stride, accumulate } = operands;
    if depth >= LONG {
        for i in 0..M {
            for v in 0..N {
                prefetch_line(c.wrapping_add(i * c_stride + v * V::LANES));
            }
        }
    }
    // SAFETY: What is loaded of `b` is its row `p`, of `a` its `[i, p]`, and of `c` its row `i`.
    unsafe {
        let mut sums = [[V::zero(); N]; M];
        for _ in 0..depth {
            let mut row = [V::zero(); N];
            for v in 0..N {
                row[v] = V::load(b.add(v * V::LANES));
            }
            for i in 0..M {
                let x = V::splat(*a.add(i * a_strides[0]));
                for v in 0..N {
                    sums[i][v] = x.multiply_add(row[v], sums[i][v]);
                }
            }
            // Beyond the last `p` these point where nothing is read.
            a = a.wrapping_add(a_strides[1]);
            b = b.wrapping_add(b_stride);
        }
        for i in 0..M {
            for v in 0..N {
                let c = c.add(i * c_stride + v * V::LANES);
                let sum = sums[i][v];
                if accumulate { sum.add(V::load(c)) } else { sum }.store(c);
            }
        }
    }
}

/// Compiles the tiles, the dot products and the small product of an instruction set: vectors of half the
/// lanes and of all, those of small products, rows, and names for the three widths.
macro_rules! tiles {
    ($name:ident: $ty:ident, $features:tt, $half_vector:ty, $vector:ty, $small:ty,
        $($height:literal: $half:ident $one:ident $two:ident),*) => {
        $(tiles!(@ $half, $features, Operands<$ty>, [tile::<$half_vector, $height, 1>]);
        tiles!(@ $one, $features, Operands<$ty>, [tile::<$vector, $height, 1>]);
        tiles!(@ $two, $features, Operands<$ty>, [tile::<$vector, $height, 2>]);)*

        pub(super) static $name: Tiles<$ty> = Tiles {
            widths: [
                <$half_vector as Vector>::LANES,
                <$vector as Vector>::LANES,
                2 * <$vector as Vector>::LANES,
            ],
            heights: &[$(($height, [$half, $one, $two])),*],
            dots: {
                tiles!(@ dots, $features, Product<'_, $ty>, [dot::dots::<$vector>]);
                dots
            },
            small: {
                tiles!(@ rows, $features, small::Small<$ty>, [small::rows::<$small>]);
                tiles!(@ dots, $features, small::Small<$ty>, [small::dots::<$small>]);
                (rows, dots)
            },
            sweep: {
                tiles!(@ sweep, $features, Product<'_, $ty>, [thin::sweep::<$vector>]);
                sweep
            },
        };
    };
    (@ $name:ident, [$($features:literal)?], $operands:ty, [$($of:tt)*]) => {
        $(#[target_feature(enable = $features)])?
        unsafe fn $name(operands: $operands) {
            // SAFETY: The caller's.
            unsafe { $($of)*(operands) }
        }
    };
}

/// The tiles of an element type and the choice among them, by the vectors of each set of instructions,
/// without AVX-512 where it gains nothing on elements of that size.
macro_rules! element {
    ($ty:ident, $module:ident, $any:literal: $avx2_half:ident $avx2:ident
        $(, $avx512_half:ident $avx512:ident)?) => {
        mod $module {
            use super::{Operands, Product, Tiles, Vector, dot, small, thin, tile};
            #[cfg(target_arch = "x86_64")]
            use super::x86;

            tiles!(ANY: $ty, [], [$ty; $any / 2], [$ty; $any], [$ty; $any],
                4: h4 o4 t4, 2: h2 o2 t2, 1: h1 o1 t1);
            #[cfg(target_arch = "x86_64")]
            tiles!(AVX2: $ty, ["avx2,fma"], x86::$avx2_half, x86::$avx2, x86::$avx2,
                6: ah6 ao6 at6, 4: ah4 ao4 at4, 2: ah2 ao2 at2, 1: ah1 ao1 at1);
            $(#[cfg(target_arch = "x86_64")]
            tiles!(AVX512: $ty, ["avx512f,avx512bw,avx512dq,avx512vl,fma"],
                x86::$avx512_half, x86::$avx512, x86::$avx512_half,
                8: bh8 bo8 bt8, 4: bh4 bo4 bt4, 2: bh2 bo2 bt2, 1: bh1 bo1 bt1);)?
        }

        impl Tiled for $ty {
            fn every_tiles() -> impl DoubleEndedIterator<Item = &'static Tiles<$ty>> {
                let all = [Some(&$module::ANY)].into_iter();
                #[cfg(target_arch = "x86_64")]
                let all = all.chain([(level() >= Level::Avx2).then_some(&$module::AVX2)]);
                $(#[cfg(target_arch = "x86_64")]
                let all = all.chain([
                    (level() >= Level::Avx512).then_some(&element!(@ $module $avx512)),
                ]);)?
                all.flatten()
            }
        }
    };
    (@ $module:ident $avx512:ident) => { $module::AVX512 };
}

element!(f32, single, 4: __m128 __m256, __m256 __m512);
element!(f64, double, 2: __m128d __m256d);
