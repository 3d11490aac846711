//! Vectors: the registers in which tiles are computed.
#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
pub(super) use core::arch::x86_64 as x86;

use crate::kernel::float::Float;

/// A register of neighbouring elements.
///
/// # Safety
/// The functions are for processors that have its instructions.
pub(super) trait Vector: Copy {
    type Element: Float;
    const LANES: usize;

    /// # Safety
    /// As many elements must be there to be read.
    unsafe fn load(from: *const Self::Element) -> Self;
    /// The first `count` elements, of which there are at most a vector, and zeros.
    ///
    /// # Safety
    /// `count` elements must be there to be read.
    unsafe fn load_first(from: *const Self::Element, count: usize) -> Self;
    /// # Safety
    /// As many elements must be there to be written.
    unsafe fn store(self, to: *mut Self::Element);
    /// Writes the first `count` elements, of which there are at most a vector.
    ///
    /// # Safety
    /// `count` elements must be there to be written.
    #[inline(always)]
    unsafe fn store_first(self, to: *mut Self::Element, count: usize) {
        if count == Self::LANES {
            // SAFETY: The caller's.
            return unsafe { self.store(to) };
        }
        let mut all = [Self::Element::ZERO; 16];
        // SAFETY: `all` has room for a vector, and the parts are the first `count` of its elements.
        unsafe {
            self.store(all.as_mut_ptr());
            let mut at = 0;
            // In parts of a known size, which take no call.
            for part in [8, 4, 2, 1] {
                if count & part != 0 {
                    to.add(at).copy_from_nonoverlapping(all.as_ptr().add(at), part);
                    at += part;
                }
            }
        }
    }
    /// # Safety
    /// None but the trait's.
    unsafe fn zero() -> Self;
    /// # Safety
    /// None but the trait's.
    unsafe fn splat(x: Self::Element) -> Self;
    /// # Safety
    /// None but the trait's.
    unsafe fn add(self, other: Self) -> Self;
    /// `self · factor + sum`
    ///
    /// # Safety
    /// None but the trait's.
    unsafe fn multiply_add(self, factor: Self, sum: Self) -> Self;
    /// The sum of the lanes of each vector.
    ///
    /// # Safety
    /// None but the trait's.
    unsafe fn sums(vectors: [Self; 4]) -> [Self::Element; 4];
}

/// The most lanes of a [`Square`] of vectors.
pub(super) const MOST_LANES: usize = 8;

/// A register of which as many as it has lanes can be taken at once.
pub(super) trait Square: Vector {
    /// The sums of the lanes of the first vectors, as many as one has lanes.
    ///
    /// # Safety
    /// None but the trait's.
    unsafe fn sums_of(vectors: &[Self; MOST_LANES]) -> Self;
}

/// Whether every machine that the crate is compiled for multiplies and adds in one instruction.
const ALWAYS_FUSED: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));

/// Vectors of every machine, which the compiler makes of arrays.
macro_rules! array {
    ($($ty:ident)*) => {
        $(impl<const L: usize> Vector for [$ty; L] {
            type Element = $ty;
            const LANES: usize = L;

            #[inline(always)]
            unsafe fn load(from: *const $ty) -> Self {
                // SAFETY: The caller's; an array has no alignment but its elements'.
                unsafe { from.cast::<Self>().read() }
            }

            #[inline(always)]
            unsafe fn load_first(from: *const $ty, count: usize) -> Self {
                let mut all = [0.0; L];
                for (l, x) in all.iter_mut().enumerate().take(count) {
                    // SAFETY: The caller's.
                    *x = unsafe { *from.add(l) };
                }
                all
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut $ty) {
                // SAFETY: As for `load`.
                unsafe { to.cast::<Self>().write(self) }
            }

            #[inline(always)]
            unsafe fn zero() -> Self {
                [0.0; L]
            }

            #[inline(always)]
            unsafe fn splat(x: $ty) -> Self {
                [x; L]
            }

            #[inline(always)]
            unsafe fn add(mut self, other: Self) -> Self {
                for l in 0..L {
                    self[l] += other[l];
                }
                self
            }

            #[inline(always)]
            unsafe fn multiply_add(self, factor: Self, mut sum: Self) -> Self {
                for l in 0..L {
                    sum[l] = if ALWAYS_FUSED {
                        self[l].mul_add(factor[l], sum[l])
                    } else {
                        self[l] * factor[l] + sum[l]
                    };
                }
                sum
            }

            #[inline(always)]
            unsafe fn sums(vectors: [Self; 4]) -> [$ty; 4] {
                lane_sums(&vectors)
            }
        })*
    };
}

array!(f32 f64);

impl<T: Float, const L: usize> Square for [T; L]
where
    [T; L]: Vector<Element = T>,
{
    #[inline(always)]
    unsafe fn sums_of(vectors: &[Self; MOST_LANES]) -> Self {
        let mut sums = [T::ZERO; L];
        for (sum, vector) in sums.iter_mut().zip(vectors) {
            for &lane in vector {
                *sum += lane;
            }
        }
        sums
    }
}

#[cfg(target_arch = "x86_64")]
impl Square for x86::__m256 {
    #[inline(always)]
    unsafe fn sums_of(&[a, b, c, d, e, f, g, h]: &[Self; MOST_LANES]) -> Self {
        // SAFETY: The caller's.
        unsafe {
            let pairs = |a, b, c, d| {
                x86::_mm256_hadd_ps(x86::_mm256_hadd_ps(a, b), x86::_mm256_hadd_ps(c, d))
            };
            // Half of the sums of four vectors lie in each half.
            let (first, last) = (pairs(a, b, c, d), pairs(e, f, g, h));
            let low = x86::_mm256_permute2f128_ps::<0x20>(first, last);
            let high = x86::_mm256_permute2f128_ps::<0x31>(first, last);
            x86::_mm256_add_ps(low, high)
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl Square for x86::__m256d {
    #[inline(always)]
    unsafe fn sums_of(&[a, b, c, d, ..]: &[Self; MOST_LANES]) -> Self {
        // SAFETY: The caller's.
        unsafe {
            let (first, last) = (x86::_mm256_hadd_pd(a, b), x86::_mm256_hadd_pd(c, d));
            let low = x86::_mm256_permute2f128_pd::<0x20>(first, last);
            let high = x86::_mm256_permute2f128_pd::<0x31>(first, last);
            x86::_mm256_add_pd(low, high)
        }
    }
}

/// The sum of the lanes of each vector: a function of its own, as the compiler would compute by lanes
/// what is to be computed by vectors, if it saw that lanes meet.
#[inline(never)]
fn lane_sums<T: Float, const L: usize>(vectors: &[[T; L]; 4]) -> [T; 4] {
    let mut sums = [T::ZERO; 4];
    for l in 0..L {
        for (sum, vector) in sums.iter_mut().zip(vectors) {
            *sum += vector[l];
        }
    }
    sums
}

/// Vectors of x86-64: a type, its lanes, the names of its instructions, and what takes several of them.
#[cfg(target_arch = "x86_64")]
macro_rules! register {
    ($($register:ident: $ty:ident, $lanes:literal,
        $load:ident $store:ident $splat:ident $add:ident $multiply_add:ident;
        |$from:ident, $count:ident| $load_first:expr;
        |[$a:ident, $b:ident, $c:ident, $d:ident]| $sums:expr;)*) => {
        $(impl Vector for x86::$register {
            type Element = $ty;
            const LANES: usize = $lanes;

            #[inline(always)]
            unsafe fn load(from: *const $ty) -> Self {
                // SAFETY: The caller's.
                unsafe { x86::$load(from) }
            }

            #[inline(always)]
            unsafe fn load_first($from: *const $ty, $count: usize) -> Self {
                // SAFETY: The caller's: the elements that the mask leaves out are not read.
                unsafe { $load_first }
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut $ty) {
                // SAFETY: The caller's.
                unsafe { x86::$store(to, self) }
            }

            #[inline(always)]
            unsafe fn zero() -> Self {
                // SAFETY: The caller's.
                unsafe { x86::$splat(0.0) }
            }

            #[inline(always)]
            unsafe fn splat(x: $ty) -> Self {
                // SAFETY: The caller's.
                unsafe { x86::$splat(x) }
            }

            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                // SAFETY: The caller's.
                unsafe { x86::$add(self, other) }
            }

            #[inline(always)]
            unsafe fn multiply_add(self, factor: Self, sum: Self) -> Self {
                // SAFETY: The caller's.
                unsafe { x86::$multiply_add(self, factor, sum) }
            }

            #[inline(always)]
            unsafe fn sums([$a, $b, $c, $d]: [Self; 4]) -> [$ty; 4] {
                // SAFETY: The caller's.
                unsafe { $sums }
            }
        })*
    };
}

#[cfg(target_arch = "x86_64")]
register! {
    __m128: f32, 4, _mm_loadu_ps _mm_storeu_ps _mm_set1_ps _mm_add_ps _mm_fmadd_ps;
        |from, count| x86::_mm_maskload_ps(from, x86::_mm_loadu_si128(mask(count)));
        |[a, b, c, d]| {
            let mut sums = [0.0; 4];
            let all = x86::_mm_hadd_ps(x86::_mm_hadd_ps(a, b), x86::_mm_hadd_ps(c, d));
            x86::_mm_storeu_ps(sums.as_mut_ptr(), all);
            sums
        };
    __m256: f32, 8, _mm256_loadu_ps _mm256_storeu_ps _mm256_set1_ps _mm256_add_ps _mm256_fmadd_ps;
        |from, count| x86::_mm256_maskload_ps(from, x86::_mm256_loadu_si256(mask(count)));
        |[a, b, c, d]| {
            let mut sums = [0.0; 4];
            let halves = x86::_mm256_hadd_ps(x86::_mm256_hadd_ps(a, b), x86::_mm256_hadd_ps(c, d));
            x86::_mm_storeu_ps(sums.as_mut_ptr(), half_256(halves));
            sums
        };
    __m512: f32, 16, _mm512_loadu_ps _mm512_storeu_ps _mm512_set1_ps _mm512_add_ps _mm512_fmadd_ps;
        |from, count| x86::_mm512_maskz_loadu_ps(((1u32 << count) - 1) as u16, from);
        |[a, b, c, d]| Vector::sums([half_512(a), half_512(b), half_512(c), half_512(d)]);
    __m128d: f64, 2, _mm_loadu_pd _mm_storeu_pd _mm_set1_pd _mm_add_pd _mm_fmadd_pd;
        |from, count| x86::_mm_maskload_pd(from, x86::_mm_loadu_si128(mask(2 * count)));
        |[a, b, c, d]| {
            let mut sums = [0.0; 4];
            x86::_mm_storeu_pd(sums.as_mut_ptr(), x86::_mm_hadd_pd(a, b));
            x86::_mm_storeu_pd(sums[2..].as_mut_ptr(), x86::_mm_hadd_pd(c, d));
            sums
        };
    __m256d: f64, 4, _mm256_loadu_pd _mm256_storeu_pd _mm256_set1_pd _mm256_add_pd _mm256_fmadd_pd;
        |from, count| x86::_mm256_maskload_pd(from, x86::_mm256_loadu_si256(mask(2 * count)));
        |[a, b, c, d]| Vector::sums([half_256d(a), half_256d(b), half_256d(c), half_256d(d)]);
}

/// Where a mask lies whose first `count` lanes of 4 bytes, of which there are at most 8, are set.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn mask<V>(count: usize) -> *const V {
    static LANES: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
    LANES[8 - count..].as_ptr().cast()
}

/// The sums of the lanes of both halves.
#[cfg(target_arch = "x86_64")]
macro_rules! half {
    ($($name:ident: $vector:ident $half:ident, $add:ident $low:ident $high:ident;)*) => {
        $(
            /// # Safety
            /// For processors that have these vectors.
            #[inline(always)]
            unsafe fn $name(x: x86::$vector) -> x86::$half {
                // SAFETY: The caller's.
                unsafe { x86::$add(x86::$low(x), x86::$high::<1>(x)) }
            }
        )*
    };
}

#[cfg(target_arch = "x86_64")]
half! {
    half_256: __m256 __m128, _mm_add_ps _mm256_castps256_ps128 _mm256_extractf128_ps;
    half_512: __m512 __m256, _mm256_add_ps _mm512_castps512_ps256 _mm512_extractf32x8_ps;
    half_256d: __m256d __m128d, _mm_add_pd _mm256_castpd256_pd128 _mm256_extractf128_pd;
}
