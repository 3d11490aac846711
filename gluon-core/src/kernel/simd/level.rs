//! What vector instructions the processor has.

use std::sync::atomic::{AtomicU8, Ordering};

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
    // Products multiply and add in one instruction, as all processors with AVX2 can.
    let has_avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    if has_avx2
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vbmi2")
    {
        Level::Avx512
    } else if has_avx2 {
        Level::Avx2
    } else {
        Level::Plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_claimed_only_with_all_of_its_instructions() {
        let has_avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
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
