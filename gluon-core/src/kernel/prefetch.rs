//! Lines of the cache that are asked for before they are needed.
#![allow(unsafe_code)]

/// A line of the cache in bytes.
const LINE: usize = 64;

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
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(place.cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = place;
}
