//! Parallel loops: the one place that decides whether work is shared among threads.
//!
//! Waking the threads of a pool costs about 12 µs, so a loop is shared only if it takes several
//! times that. Blocks have a fixed size and the functions below only split outputs, never sums, so
//! results are the same on any number of threads.

use rayon::prelude::*;

use crate::dtype::Element;

/// Work is counted in elements of a loop as simple as a sum, about a tenth of a nanosecond each.
/// A block of this much is what one thread takes at a time: some 10 µs.
const BLOCK: usize = 1 << 17;

/// Less work than this is done by the calling thread: some 50 µs.
const WORTHWHILE: usize = 1 << 19;

/// Whether `work` is shared among threads.
pub(crate) fn is_worthwhile(work: usize) -> bool {
    work >= WORTHWHILE && rayon::current_num_threads() > 1
}

/// Calls `f(start, block)` on `y` cut into blocks, perhaps at once.
///
/// Blocks start at multiples of `unit` elements; each element costs `cost` units of work. Without
/// threads there is one block, so what `f` does to a unit must not depend on its neighbours.
pub(crate) fn for_each_block<T: Element>(
    y: &mut [T],
    unit: usize,
    cost: usize,
    f: impl Fn(usize, &mut [T]) + Sync,
) {
    if y.is_empty() {
        return;
    }
    if !is_worthwhile(y.len().saturating_mul(cost)) {
        return f(0, y);
    }
    let block = units_per_block(unit, cost) * unit;
    y.par_chunks_mut(block).enumerate().for_each(|(i, y)| f(i * block, y));
}

/// Calls `f(start, y_block, z_block)` on two outputs cut at the same units, perhaps at once.
///
/// A unit is `units.0` elements of `y` and `units.1` elements of `z`; `start` counts units. The
/// cost is that of an element of `y`.
pub(crate) fn for_each_block_pair<T: Element>(
    y: &mut [T],
    z: &mut [T],
    units: (usize, usize),
    cost: usize,
    f: impl Fn(usize, &mut [T], &mut [T]) + Sync,
) {
    if y.is_empty() {
        return;
    }
    if !is_worthwhile(y.len().saturating_mul(cost)) {
        return f(0, y, z);
    }
    let block = units_per_block(units.0, cost);
    y.par_chunks_mut(block * units.0)
        .zip(z.par_chunks_mut(block * units.1))
        .enumerate()
        .for_each(|(i, (y, z))| f(i * block, y, z));
}

fn units_per_block(unit: usize, cost: usize) -> usize {
    (BLOCK / unit.saturating_mul(cost).max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_every_element_once_at_unit_bounds() {
        for len in [0, 6, 3 * WORTHWHILE] {
            let mut y = vec![0f64; len];
            for_each_block(&mut y, 3, 1, |start, block| {
                assert!(start.is_multiple_of(3));
                for (i, y) in block.iter_mut().enumerate() {
                    *y += (start + i) as f64;
                }
            });
            assert!(y.iter().enumerate().all(|(i, &y)| y == i as f64));
        }
    }

    #[test]
    fn block_pairs_stay_in_step() {
        let rows = WORTHWHILE;
        let (mut y, mut z) = (vec![0f32; rows * 2], vec![0f32; rows]);
        for_each_block_pair(&mut y, &mut z, (2, 1), 1, |start, y, z| {
            assert_eq!(y.len(), 2 * z.len());
            for (i, (y, z)) in y.chunks_mut(2).zip(z).enumerate() {
                (y[1], *z) = ((start + i) as f32, (start + i) as f32);
            }
        });
        assert!(z.iter().enumerate().all(|(i, &z)| z == i as f32 && y[2 * i + 1] == z));
    }
}
