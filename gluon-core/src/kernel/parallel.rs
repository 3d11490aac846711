//! Parallel loops: the one place that decides whether work is shared among threads.
//!
//! To share a loop with a thread that is awake costs less than a microsecond, to wake one 10 µs and
//! more, so a loop is shared if it takes several times that. The functions below split outputs, or
//! sums at places that depend on the number of terms alone, so results are the same on any number
//! of threads.

use std::cell::Cell;

use super::team::{size, team};
use crate::dtype::Element;

/// Work is counted in elements of a loop as simple as a sum, about a tenth of a nanosecond each.
/// A thread gets a multiple of this much: some 3 µs.
const BLOCK: usize = 1 << 15;

/// Less work than this is done by the calling thread: some 25 µs.
const WORTHWHILE: usize = 1 << 18;

thread_local! {
    /// The threads that share what this one is at, if it is a part of some work.
    static PART: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The threads that may share work: those of the part that this thread is at, or all.
///
/// Work within a part that is for one thread is not shared again: who asked for help would wait
/// until the helper has done its own part.
pub(crate) fn threads() -> usize {
    PART.get().unwrap_or_else(size)
}

/// Runs a part of some work that is for so many threads.
pub(crate) fn part<R>(threads: usize, run: impl FnOnce() -> R) -> R {
    /// Puts back what was, also after a panic.
    struct Before(Option<usize>);

    impl Drop for Before {
        fn drop(&mut self) {
            PART.set(self.0);
        }
    }

    let _before = Before(PART.replace(Some(threads)));
    run()
}

/// Whether `work` is shared among threads.
pub(crate) fn is_worthwhile(work: usize) -> bool {
    work >= WORTHWHILE && threads() > 1
}

/// Calls `f(start, part)` on `y` cut into a part for each thread, perhaps at once.
///
/// Parts start at multiples of `unit` elements; each element costs `cost` units of work. How many
/// parts there are depends on the threads, so what `f` does to a unit must not depend on its
/// neighbours.
pub(crate) fn for_each_part<T: Element>(
    y: &mut [T],
    unit: usize,
    cost: usize,
    f: impl Fn(usize, &mut [T]) + Sync,
) {
    for_each_part_by(y, unit, cost, &f);
}

/// [`for_each_part`], compiled once for all loops: inlined, it would have each loop twice, to be
/// shared and not.
#[inline(never)]
fn for_each_part_by<T: Element>(
    y: &mut [T],
    unit: usize,
    cost: usize,
    f: &(dyn Fn(usize, &mut [T]) + Sync),
) {
    if y.is_empty() {
        return;
    }
    if !is_worthwhile(y.len().saturating_mul(cost)) {
        return f(0, y);
    }
    share(0, y, units_per_block(unit, cost) * unit, threads(), f);
}

/// Runs both, perhaps at once.
///
/// A part that is cut again has to know how many threads it is for: [`share`] tells it.
///
/// This and what calls it take their work behind a pointer: what lies between a loop and the
/// threads is compiled once, not for every loop.
pub(crate) fn join(a: &mut dyn FnMut(), b: &mut (dyn FnMut() + Send)) {
    let threads = threads();
    match team() {
        Some(team) => team.join(a, &mut || part(threads, &mut *b)),
        None => {
            a();
            b();
        }
    }
}

/// The threads and the elements of the first of two parts; none if there is nothing to share.
fn first_part(blocks: usize, block: usize, threads: usize) -> (usize, usize) {
    let left = threads / 2;
    let part = if left == 0 || blocks < 2 { 0 } else { (blocks * left / threads).max(1) };
    (left, part * block)
}

/// Calls `f` on a part for each of so many threads, cut at multiples of `block` elements; the first
/// element has index `start`.
pub(super) fn share<T: Element>(
    start: usize,
    y: &mut [T],
    block: usize,
    threads: usize,
    f: &(dyn Fn(usize, &mut [T]) + Sync),
) {
    let (left, at) = first_part(y.len().div_ceil(block), block, threads);
    if at == 0 {
        return part(threads, || f(start, y));
    }
    let (y, z) = y.split_at_mut(at);
    join(&mut || share(start, y, block, left, f), &mut || {
        share(start + at, z, block, threads - left, f);
    });
}

/// Calls `f(start, y_part, z_part)` on two outputs cut at the same units, perhaps at once.
///
/// A unit is `units.0` elements of `y` and `units.1` elements of `z`; `start` counts units. The
/// cost is that of an element of `y`.
pub(crate) fn for_each_part_pair<T: Element>(
    y: &mut [T],
    z: &mut [T],
    units: (usize, usize),
    cost: usize,
    f: impl Fn(usize, &mut [T], &mut [T]) + Sync,
) {
    for_each_part_pair_by((y, z), units, cost, &f);
}

/// [`for_each_part_pair`], compiled once for all loops.
#[inline(never)]
fn for_each_part_pair_by<T: Element>(
    (y, z): (&mut [T], &mut [T]),
    units: (usize, usize),
    cost: usize,
    f: &PairLoop<'_, T>,
) {
    if y.is_empty() {
        return;
    }
    if !is_worthwhile(y.len().saturating_mul(cost)) {
        return f(0, y, z);
    }
    share_pair(0, (y, z), units, units_per_block(units.0, cost), threads(), f);
}

/// What is done to a part of two outputs.
type PairLoop<'f, T> = dyn Fn(usize, &mut [T], &mut [T]) + Sync + 'f;

/// [`share`] of two outputs, cut at multiples of `block` units.
fn share_pair<T: Element>(
    start: usize,
    (y, z): (&mut [T], &mut [T]),
    units: (usize, usize),
    block: usize,
    threads: usize,
    f: &PairLoop<'_, T>,
) {
    let (left, at) = first_part(y.len().div_ceil(block * units.0), block, threads);
    if at == 0 {
        return part(threads, || f(start, y, z));
    }
    let (y_left, y_right) = y.split_at_mut(at * units.0);
    let (z_left, z_right) = z.split_at_mut(at * units.1);
    join(&mut || share_pair(start, (y_left, z_left), units, block, left, f), &mut || {
        share_pair(start + at, (y_right, z_right), units, block, threads - left, f);
    });
}

fn units_per_block(unit: usize, cost: usize) -> usize {
    (BLOCK / unit.saturating_mul(cost).max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_thread_gets_a_part_while_there_are_blocks() {
        fn parts(blocks: usize, threads: usize) -> usize {
            match first_part(blocks, 1, threads) {
                (_, 0) => 1,
                (left, at) => parts(at, left) + parts(blocks - at, threads - left),
            }
        }
        for threads in 1..20 {
            assert_eq!(parts(1, threads), 1);
            assert!(parts(2, threads) == threads.min(2) && parts(40, threads) == threads);
        }
    }

    #[test]
    fn work_within_a_part_is_for_the_threads_of_that_part() {
        part(3, || {
            let mut found = vec![0u64; 3 * WORTHWHILE];
            for_each_part(&mut found, 1, 1, |_, found| found.fill(threads() as u64));
            assert!(found.iter().all(|&found| found == 1));
            // What cannot be cut is for all of them.
            for_each_part(&mut found, 3 * WORTHWHILE, 1, |_, found| found.fill(threads() as u64));
            assert!(found.iter().all(|&found| found == 3));
            let panics = || share(0, &mut [0u64; 2], 1, 3, &|_, _| panic!("as it should"));
            assert!(std::panic::catch_unwind(panics).is_err());
            assert_eq!(threads(), 3);
        });
    }

    #[test]
    fn parts_cover_every_element_once_at_unit_bounds() {
        for len in [0, 6, 3 * WORTHWHILE] {
            let mut y = vec![0f64; len];
            for_each_part(&mut y, 3, 1, |start, block| {
                assert!(start.is_multiple_of(3));
                for (i, y) in block.iter_mut().enumerate() {
                    *y += (start + i) as f64;
                }
            });
            assert!(y.iter().enumerate().all(|(i, &y)| y == i as f64));
        }
    }

    #[test]
    fn pairs_of_parts_stay_in_step() {
        let rows = WORTHWHILE;
        let (mut y, mut z) = (vec![0f32; rows * 2], vec![0f32; rows]);
        for_each_part_pair(&mut y, &mut z, (2, 1), 1, |start, y, z| {
            assert_eq!(y.len(), 2 * z.len());
            for (i, (y, z)) in y.chunks_mut(2).zip(z).enumerate() {
                (y[1], *z) = ((start + i) as f32, (start + i) as f32);
            }
        });
        assert!(z.iter().enumerate().all(|(i, &z)| z == i as f32 && y[2 * i + 1] == z));
    }
}
