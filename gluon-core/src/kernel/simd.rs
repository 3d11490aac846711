//! Vector instructions: which of them the processor has.
//!
//! The attribute `simd` of `gluon-macros` compiles a function for AVX2 and for what every processor of
//! its kind has, and calls the better one that this processor can run; `#[simd(avx512)]` is for those
//! that gain enough from AVX-512, and `#[simd(f32)]` for functions that are calls in `f64`. Processors
//! of other kinds have one version, with the vector instructions that all of them have. The constant
//! `FMA` tells the body whether its version may multiply and add in one instruction.

#[cfg(target_arch = "x86_64")]
mod level;

#[cfg(target_arch = "x86_64")]
pub(crate) use level::{Level, level};

/// Whether every processor that this is compiled for multiplies and adds in one instruction.
pub(crate) const FMA: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));

/// Returns what a call returns that is compiled for a level, if the processor has that level.
macro_rules! return_from {
    ($level:ident, $call:expr) => {
        #[cfg(target_arch = "x86_64")]
        if $crate::kernel::simd::level() >= $crate::kernel::simd::Level::$level {
            // SAFETY: the level says that the processor has these instructions.
            #[allow(unsafe_code)]
            return unsafe { $call };
        }
    };
}
pub(crate) use return_from;
