//! Fresh memory in large pages.
//!
//! The operating system gives a page when it is first written, which takes longer than to write it.
//! Linux has pages 512 times as large for those who ask.
#![allow(unsafe_code)]

use crate::dtype::Element;

/// Memory from this many bytes on is asked for in large pages: below, much of the last one would be
/// unused.
const LARGE: usize = 2 << 20;

/// `len` zeros, which are `false` for [`bool`].
pub(crate) fn zeros<T: Element>(len: usize) -> Vec<T> {
    let mut zeros = vec![T::default(); len];
    if size_of_val(&*zeros) >= LARGE {
        prefer_large_pages(&mut zeros);
    }
    zeros
}

/// Asks for large pages where none of the memory has been written yet; no answer is an answer, too.
#[cfg(all(target_os = "linux", not(miri)))]
fn prefer_large_pages<T>(memory: &mut [T]) {
    use std::ffi::{c_int, c_void};

    unsafe extern "C" {
        fn madvise(address: *mut c_void, length: usize, advice: c_int) -> c_int;
    }
    const MADV_HUGEPAGE: c_int = 14;
    /// A multiple of the size of a page, whatever it is.
    const PAGE: usize = 1 << 16;

    let range = memory.as_mut_ptr_range();
    let (start, end) = (range.start.addr().next_multiple_of(PAGE), range.end.addr() / PAGE * PAGE);
    if start < end {
        let start = range.start.cast::<c_void>().with_addr(start);
        // SAFETY: The bytes from `start` to `end` are part of `memory`, which is borrowed mutably, and
        // begin at the start of a page. This advice changes no byte of them: it says which pages to
        // give when they are written.
        unsafe { madvise(start, end - start.addr(), MADV_HUGEPAGE) };
    }
}

#[cfg(not(all(target_os = "linux", not(miri))))]
fn prefer_large_pages<T>(_: &mut [T]) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_every_size_is_zero_and_can_be_written() {
        for bytes in [0, 1, LARGE - 1, LARGE, LARGE + 1, LARGE + (1 << 16) - 8, 3 * LARGE + 4096] {
            let mut memory = zeros::<u8>(bytes);
            assert!(memory.len() == bytes && memory.iter().all(|&x| x == 0));
            for (i, x) in memory.iter_mut().enumerate() {
                *x = i as u8;
            }
            assert!(memory.iter().enumerate().all(|(i, &x)| x == i as u8));
        }
        assert_eq!(zeros::<f64>(LARGE), vec![0.0; LARGE]);
        assert_eq!(zeros::<bool>(3), [false; 3]);
    }
}
