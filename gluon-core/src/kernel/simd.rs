//! Vector instructions: which of them the processor has.
//!
//! The attribute `simd` of `gluon-macros` compiles a function for AVX2 and for what every processor of
//! its kind has, and calls the better one that this processor can run; `#[simd(avx512)]` is for the
//! few that gain enough from AVX-512. Processors of other kinds have one version, with the vector
//! instructions that all of them have.

use std::sync::atomic::{AtomicU8, Ordering};

/// A line of the cache in bytes.
const LINE: usize = 64;

/// The best set of vector instructions that the processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Level {
    Plain = 1,
    Avx2,
    Avx512,
}

/// The level of this processor, which is found out once.
#[inline]
pub(crate) fn level() -> Level {
    static LEVEL: AtomicU8 = AtomicU8::new(0);
    match LEVEL.load(Ordering::Relaxed) {
        3 => Level::Avx512,
        2 => Level::Avx2,
        1 => Level::Plain,
        _ => {
            let level = detect();
            LEVEL.store(level as u8, Ordering::Relaxed);
            level
        }
    }
}

#[cold]
fn detect() -> Level {
    // Processors whose AVX-512 lowers their clock, those before Ice Lake, lack `avx512vbmi2`.
    if is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vbmi2")
    {
        Level::Avx512
    } else if is_x86_feature_detected!("avx2") {
        Level::Avx2
    } else {
        Level::Plain
    }
}

/// Asks for what is read or written soon to be brought near: all lines of the cache that these values are
/// in, or all but the last if they begin within a line.
#[inline(always)]
pub(crate) fn prefetch<T>(values: &[T]) {
    for line in values.chunks(LINE / size_of::<T>()) {
        prefetch_line(line.as_ptr());
    }
}

/// Asks for the line of the cache of `place`, which may be any address.
#[inline(always)]
pub(crate) fn prefetch_line<T>(place: *const T) {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: Every x86-64 processor has this instruction, which has no effect that can be seen.
        #[allow(unsafe_code)]
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(place.cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = place;
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_claimed_only_with_all_of_its_instructions() {
        let has_avx2 = is_x86_feature_detected!("avx2");
        let has_avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        for level in [detect(), level(), level()] {
            assert!(level < Level::Avx2 || has_avx2, "{level:?}");
            assert!(level < Level::Avx512 || has_avx512, "{level:?}");
        }
    }
}
