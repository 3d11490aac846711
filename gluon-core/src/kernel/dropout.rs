//! Masks of dropout.

use gluon_macros::simd;

use super::float::Float;
use super::parallel;
use crate::random::word_at;

/// `mask[i]` is 0 with probability `rate`, else `1 / (1 − rate)`: word `i` of the stream of `seed`
/// decides.
pub(crate) fn mask<T: Float>(seed: u64, rate: f64, mask: &mut [T]) {
    parallel::for_each_part(mask, 1, 8, |start, mask| fill(seed, rate, start, mask));
}

#[simd]
fn fill<T: Float>(seed: u64, rate: f64, start: usize, mask: &mut [T]) {
    // The upper half of a word as a fraction of 2³².
    let threshold = (rate * 4_294_967_296.0) as u64;
    let kept = T::from_f64(1.0 / (1.0 - rate));
    for (i, mask) in mask.iter_mut().enumerate() {
        let word = word_at(seed, (start + i) as u64) >> 32;
        *mask = if word >= threshold { kept } else { T::ZERO };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_rate_is_zero_and_the_mean_stays_1() {
        const N: usize = 300_000; // enough for several threads
        for rate in [0.1, 0.5, 0.9] {
            let mut whole = vec![f64::NAN; N];
            mask(7, rate, &mut whole);
            let zeros = whole.iter().filter(|&&m| m == 0.0).count() as f64;
            // Five standard deviations of a binomial distribution.
            let bound = 5.0 * (N as f64 * rate * (1.0 - rate)).sqrt();
            assert!((zeros - rate * N as f64).abs() < bound, "{rate}: {zeros}");
            let kept = 1.0 / (1.0 - rate);
            assert!(whole.iter().all(|&m| m == 0.0 || m == kept));
            let mut part = vec![f64::NAN; 100];
            fill(7, rate, 5000, &mut part);
            assert_eq!(part, whole[5000..5100]);
        }
        let (mut one, mut other) = (vec![0f32; 100], vec![0f32; 100]);
        mask(1, 0.5, &mut one);
        mask(2, 0.5, &mut other);
        assert_ne!(one, other);
    }
}
