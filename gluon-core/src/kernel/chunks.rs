//! Sums of many terms in chunks, whose number depends on that of the terms alone.

use std::ops::Range;

use super::float::Float;
use super::parallel;
use crate::buffer::with_scratch;

/// `out (+)= Σ terms`: `add(range, sum)` adds the terms of a range of `0..terms` to `sum`, perhaps
/// at once for several ranges, whose sums are then added in order. Each term costs `cost`.
pub(crate) fn sum_in_chunks<T: Float>(
    out: &mut [T],
    accumulate: bool,
    terms: usize,
    cost: usize,
    add: impl Fn(Range<usize>, &mut [T]) + Sync,
) {
    /// So many sums are held at once.
    const CHUNKS: usize = 8;
    if !accumulate {
        out.fill(T::ZERO);
    }
    let len = out.len();
    if len == 0 || terms == 0 {
        return;
    }
    let chunk = terms.div_ceil(CHUNKS);
    let chunks = terms.div_ceil(chunk);
    with_scratch(chunks * len, |sums| {
        sums.fill(T::ZERO);
        let range = |i: usize| i * chunk..((i + 1) * chunk).min(terms);
        let shared = parallel::is_worthwhile(terms.saturating_mul(cost));
        let threads = if shared { parallel::threads() } else { 1 };
        parallel::share(0, sums, len, threads, &|start, sums| {
            let chunks = sums.chunks_mut(len).zip(start / len..);
            chunks.for_each(|(sum, i)| add(range(i), sum));
        });
        for sum in sums.chunks_exact(len) {
            for (out, &sum) in out.iter_mut().zip(sum) {
                *out += sum;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_have_every_term_once_whatever_they_cost() {
        let much = 1 << 24;
        for (terms, cost) in [(0, 1), (1, 1), (7, 1), (8, much), (29, 1), (29, much)] {
            let mut sums = [0.5f64, 1.0];
            sum_in_chunks(&mut sums, true, terms, cost, |range, sum| {
                for term in range {
                    sum[0] += term as f64;
                    sum[1] += 1.0;
                }
            });
            let count = terms as f64;
            assert_eq!(sums, [0.5 + count * (count - 1.0) / 2.0, 1.0 + count]);
            sum_in_chunks(&mut sums, false, terms, cost, |_, sum| sum[0] += 1.0);
            assert!(sums[0] <= 8.0 && sums[1] == 0.0);
        }
    }
}
