//! The innermost loop of a product: one tile of the output, held in registers over the whole sum.
//!
//! It is written as loops over arrays of fixed sizes, which the compiler turns into the vectors of the
//! instruction set that a copy is compiled for.
#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
use crate::kernel::simd::{Level, level};

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

    /// Which of the widths takes `columns` columns, of which there are at most [`width`](Tiles::width),
    /// and that width.
    pub(super) fn width_for(&self, columns: usize) -> (usize, usize) {
        let index = self.widths.iter().position(|&width| width >= columns).unwrap_or(2);
        (index, self.widths[index])
    }

    /// The highest tile of at most `rows` rows, and its rows.
    pub(super) fn of(&self, rows: usize, width_index: usize) -> (usize, Tile<T>) {
        let last = self.heights.len() - 1;
        let index = self.heights.iter().position(|&(height, _)| height <= rows).unwrap_or(last);
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

macro_rules! tile_of {
    ($ty:ident) => {
        /// A tile of `M` rows and `N` vectors of `L` columns; `FUSED` adds products unrounded.
        ///
        /// # Safety
        /// As for [`Tile`].
        #[inline(always)]
        unsafe fn tile<const M: usize, const N: usize, const L: usize, const FUSED: bool>(
            operands: Operands<$ty>,
        ) {
            let Operands { depth, mut a, a_strides, mut b, b_stride, c, c_stride, accumulate } =
                operands;
            let mut sums = [[[0.0; L]; N]; M];
            for _ in 0..depth {
                // SAFETY: This is row `p` of `b`; an array has no alignment but its elements'.
                let row = unsafe { b.cast::<[[$ty; L]; N]>().read() };
                for i in 0..M {
                    // SAFETY: This is `a[i, p]`.
                    let x = unsafe { *a.add(i * a_strides[0]) };
                    for v in 0..N {
                        for l in 0..L {
                            sums[i][v][l] = if FUSED {
                                x.mul_add(row[v][l], sums[i][v][l])
                            } else {
                                x * row[v][l] + sums[i][v][l]
                            };
                        }
                    }
                }
                // Beyond the last `p` these point where nothing is read.
                a = a.wrapping_add(a_strides[1]);
                b = b.wrapping_add(b_stride);
            }
            for i in 0..M {
                // SAFETY: This is row `i` of `c`.
                let c = unsafe { &mut *c.add(i * c_stride).cast::<[[$ty; L]; N]>() };
                let mut sums = sums[i];
                if accumulate {
                    for v in 0..N {
                        for l in 0..L {
                            sums[v][l] += c[v][l];
                        }
                    }
                }
                *c = sums;
            }
        }
    };
}

/// Compiles the tiles of an instruction set: rows, and names for the three widths.
macro_rules! tiles {
    ($name:ident: $ty:ident, $features:tt, $lanes:literal, $fused:expr,
        $($height:literal: $half:ident $one:ident $two:ident),*) => {
        $(tiles!(@ $half $ty, $features, $height, 1, { $lanes / 2 }, $fused);
        tiles!(@ $one $ty, $features, $height, 1, $lanes, $fused);
        tiles!(@ $two $ty, $features, $height, 2, $lanes, $fused);)*

        pub(super) static $name: Tiles<$ty> = Tiles {
            widths: [$lanes / 2, $lanes, 2 * $lanes],
            heights: &[$(($height, [$half, $one, $two])),*],
        };
    };
    (@ $tile:ident $ty:ident, [], $m:expr, $n:expr, $l:expr, $fused:expr) => {
        unsafe fn $tile(operands: Operands<$ty>) {
            // SAFETY: The caller's.
            unsafe { tile::<$m, $n, { $l }, { $fused }>(operands) }
        }
    };
    (@ $tile:ident $ty:ident, [$features:literal], $m:expr, $n:expr, $l:expr, $fused:expr) => {
        #[target_feature(enable = $features)]
        unsafe fn $tile(operands: Operands<$ty>) {
            // SAFETY: The caller's.
            unsafe { tile::<$m, $n, { $l }, { $fused }>(operands) }
        }
    };
}

/// Whether every machine that the crate is compiled for multiplies and adds in one instruction.
const ALWAYS_FUSED: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));

/// The tiles of an element type and the choice among them: the lanes of a vector of each set of
/// instructions, without AVX-512 where it gains nothing on elements of that size.
macro_rules! element {
    ($ty:ident, $module:ident, $any:literal, $avx2:literal $(, $avx512:literal)?) => {
        mod $module {
            use super::{ALWAYS_FUSED, Operands, Tiles};

            tile_of!($ty);
            tiles!(ANY: $ty, [], $any, ALWAYS_FUSED, 4: h4 o4 t4, 2: h2 o2 t2, 1: h1 o1 t1);
            #[cfg(target_arch = "x86_64")]
            tiles!(AVX2: $ty, ["avx2,fma"], $avx2, true,
                6: ah6 ao6 at6, 4: ah4 ao4 at4, 2: ah2 ao2 at2, 1: ah1 ao1 at1);
            $(#[cfg(target_arch = "x86_64")]
            tiles!(AVX512: $ty, ["avx512f,avx512bw,avx512dq,avx512vl,fma"], $avx512, true,
                8: bh8 bo8 bt8, 4: bh4 bo4 bt4, 2: bh2 bo2 bt2, 1: bh1 bo1 bt1);)?
        }

        impl Tiled for $ty {
            fn every_tiles() -> impl DoubleEndedIterator<Item = &'static Tiles<$ty>> {
                let all = [Some(&$module::ANY)].into_iter();
                #[cfg(target_arch = "x86_64")]
                let all = all.chain([(level() >= Level::Avx2 && has_fma()).then_some(&$module::AVX2)]);
                $(#[cfg(target_arch = "x86_64")]
                let all = all.chain([
                    (level() >= Level::Avx512 && has_fma()).then_some(&element!(@ $module $avx512)),
                ]);)?
                all.flatten()
            }
        }
    };
    (@ $module:ident $lanes:literal) => { $module::AVX512 };
}

element!(f32, single, 4, 8, 16);
element!(f64, double, 2, 4);

#[cfg(target_arch = "x86_64")]
fn has_fma() -> bool {
    is_x86_feature_detected!("fma")
}
