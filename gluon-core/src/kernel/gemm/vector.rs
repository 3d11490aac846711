//! Vectors: the registers in which tiles are computed.
#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
pub(super) use core::arch::x86_64 as x86;

/// A register of neighbouring elements.
///
/// # Safety
/// The functions are for processors that have its instructions.
pub(super) trait Vector: Copy {
    type Element: Copy;
    const LANES: usize;

    /// # Safety
    /// As many elements must be there to be read.
    unsafe fn load(from: *const Self::Element) -> Self;
    /// # Safety
    /// As many elements must be there to be written.
    unsafe fn store(self, to: *mut Self::Element);
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
        })*
    };
}

array!(f32 f64);

/// Vectors of x86-64: a type, its lanes, and the names of its instructions.
#[cfg(target_arch = "x86_64")]
macro_rules! register {
    ($($register:ident: $ty:ident, $lanes:literal,
        $load:ident $store:ident $splat:ident $add:ident $multiply_add:ident;)*) => {
        $(impl Vector for x86::$register {
            type Element = $ty;
            const LANES: usize = $lanes;

            #[inline(always)]
            unsafe fn load(from: *const $ty) -> Self {
                // SAFETY: The caller's.
                unsafe { x86::$load(from) }
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
        })*
    };
}

#[cfg(target_arch = "x86_64")]
register! {
    __m128: f32, 4, _mm_loadu_ps _mm_storeu_ps _mm_set1_ps _mm_add_ps _mm_fmadd_ps;
    __m256: f32, 8, _mm256_loadu_ps _mm256_storeu_ps _mm256_set1_ps _mm256_add_ps _mm256_fmadd_ps;
    __m512: f32, 16, _mm512_loadu_ps _mm512_storeu_ps _mm512_set1_ps _mm512_add_ps _mm512_fmadd_ps;
    __m128d: f64, 2, _mm_loadu_pd _mm_storeu_pd _mm_set1_pd _mm_add_pd _mm_fmadd_pd;
    __m256d: f64, 4, _mm256_loadu_pd _mm256_storeu_pd _mm256_set1_pd _mm256_add_pd _mm256_fmadd_pd;
}
