//! Reductions: sums, products and extremes over some axes.
//!
//! Long sums are taken pairwise over blocks, so their error grows with the logarithm of the length.

use std::ops::Range;

use gluon_macros::simd;

use super::float::Float;
use super::parallel;
use super::walk::{Walk, at};
use crate::shape::{Layout, MAX_RANK};

/// What becomes of the elements. Of none: 0, 1 or the infinity that loses to every number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reduce {
    Sum,
    Prod,
    /// NaN if any is. The same holds of `Min`.
    Max,
    Min,
    SumSquares,
}

/// Reduces `x` over the axes for which `reduced` holds: `out (+)= op(x)`.
///
/// # Shapes
/// `out` is contiguous, of the axes that are kept, in order. If `accumulate`, the result is added to
/// what it holds.
pub(crate) fn reduce<T: Float>(
    op: Reduce,
    x: &[T],
    layout: &Layout,
    reduced: [bool; MAX_RANK],
    out: &mut [T],
    accumulate: bool,
) {
    let folds = match op {
        Reduce::Sum => Folds::of::<Sum>(),
        Reduce::Prod => Folds::of::<Prod>(),
        Reduce::Max => Folds::of::<Max>(),
        Reduce::Min => Folds::of::<Min>(),
        Reduce::SumSquares => Folds::of::<SumSquares>(),
    };
    reduce_with(&folds, x, layout, reduced, out, accumulate);
}

/// How elements are folded into one.
trait Fold<T>: 'static {
    const IDENTITY: f64;
    fn of(x: T) -> T;
    fn combine(a: T, b: T) -> T;
}

macro_rules! fold {
    ($name:ident, $identity:expr, |$x:ident| $of:expr, |$a:ident, $b:ident| $combine:expr) => {
        struct $name;

        impl<T: Float> Fold<T> for $name {
            const IDENTITY: f64 = $identity;

            #[inline(always)]
            fn of($x: T) -> T {
                $of
            }

            #[inline(always)]
            fn combine($a: T, $b: T) -> T {
                $combine
            }
        }
    };
}

fold!(Sum, 0.0, |x| x, |a, b| a + b);
fold!(Prod, 1.0, |x| x, |a, b| a * b);
fold!(Max, f64::NEG_INFINITY, |x| x, |a, b| a.maximum(b));
fold!(Min, f64::INFINITY, |x| x, |a, b| a.minimum(b));
fold!(SumSquares, 0.0, |x| x * x, |a, b| a + b);

/// Where the first element lies, how far apart they are, and how many.
type Strided = (usize, isize, usize);

/// The loops of a [`Fold`]. What lies around them is compiled once for all folds.
struct Folds<T> {
    identity: T,
    combine: fn(T, T) -> T,
    slice: fn(&[T]) -> T,
    strided: fn(&[T], Strided) -> T,
    strip: fn(&[T], Strided, usize) -> [T; STRIP],
    combine_strips: fn(&mut [T; STRIP], [T; STRIP]),
}

impl<T: Float> Folds<T> {
    fn of<F: Fold<T>>() -> Folds<T> {
        Folds {
            identity: T::from_f64(F::IDENTITY),
            combine: F::combine,
            slice: fold_slice::<T, F>,
            strided: fold_strided::<T, F>,
            strip: fold_strip::<T, F>,
            combine_strips: combine_strips::<T, F>,
        }
    }
}

fn reduce_with<T: Float>(
    folds: &Folds<T>,
    x: &[T],
    layout: &Layout,
    reduced: [bool; MAX_RANK],
    out: &mut [T],
    accumulate: bool,
) {
    let axes = |wanted: bool| {
        let axes = layout.shape.iter().zip(layout.strides.iter()).zip(reduced);
        axes.filter(move |&(_, reduced)| reduced == wanted)
            .map(|((&size, &step), _)| (size, [step]))
    };
    let kept = Walk::over(axes(false), [layout.offset]);
    let inner = Walk::over(axes(true), [0]);
    assert_eq!(kept.rows() * kept.len, out.len());
    if out.is_empty() {
        return;
    }
    let store = |out: &mut T, value: T| *out = if accumulate { *out + value } else { value };
    let count = inner.rows() * inner.len;
    if count == 0 {
        return out.iter_mut().for_each(|out| store(out, folds.identity));
    }
    // Kept elements side by side are reduced together; else each is reduced alone.
    if kept.len > 1 && kept.steps == [1] && inner.steps != [1] {
        return parallel::for_each_part(out, STRIP.min(kept.len), count, |start, out| {
            for_each_segment(&kept, start, out, |from, out| {
                for (i, out) in out.chunks_mut(STRIP).enumerate() {
                    let (from, rows) = (from + i * STRIP, 0..inner.rows());
                    let strip = fold_columns(folds, x, from, out.len(), &inner, rows);
                    out.iter_mut().zip(strip).for_each(|(out, value)| store(out, value));
                }
            });
        });
    }
    let is_slice = inner.rows() == 1 && inner.steps == [1];
    if is_slice && out.len() == 1 {
        return store(&mut out[0], (folds.slice)(&x[layout.offset..][..count]));
    }
    parallel::for_each_part(out, 1, count, |start, out| {
        for_each_segment(&kept, start, out, |from, out| {
            for (i, out) in out.iter_mut().enumerate() {
                let from = at(from, kept.steps[0], i);
                let value = if is_slice {
                    (folds.slice)(&x[from..][..count])
                } else {
                    fold_one(folds, x, from, &inner, 0..inner.rows())
                };
                store(out, value);
            }
        });
    });
}

/// Calls `f(position, part)` on the parts of `out`, which starts at element `start` of the walk, that
/// lie in one row of it.
fn for_each_segment<T>(
    kept: &Walk<1>,
    start: usize,
    mut out: &mut [T],
    f: impl Fn(usize, &mut [T]),
) {
    let mut element = start;
    while !out.is_empty() {
        let (row, skip) = (element / kept.len, element % kept.len);
        let (part, rest) = out.split_at_mut((kept.len - skip).min(out.len()));
        element += part.len();
        for (_, [from]) in kept.starts(row..row + 1) {
            f(at(from, kept.steps[0], skip), part);
        }
        out = rest;
    }
}

/// The partial results of a fold of one row.
const LANES: usize = 32;
/// The partial results that are left when those a quarter of [`LANES`] apart have met.
const LAST: usize = LANES / 4;
/// The elements of a slice, and the rows of a column or other things, that are folded one after
/// another.
const PIECE: (usize, usize) = (1024, 64);
/// The columns reduced together.
const STRIP: usize = 64;

/// Folds a slice by halves, which threads may share: the cuts do not depend on their number.
fn fold_slice<T: Float, F: Fold<T>>(x: &[T]) -> T {
    if x.len() <= PIECE.0 {
        return fold_piece::<T, F>(x);
    }
    fold_halves::<T, F>(x, parallel::threads())
}

/// [`fold_slice`] by so many threads.
fn fold_halves<T: Float, F: Fold<T>>(x: &[T], threads: usize) -> T {
    if x.len() <= PIECE.0 {
        return fold_piece::<T, F>(x);
    }
    let (left, right) = x.split_at(x.len().next_power_of_two() / 2);
    if threads < 2 || !parallel::is_worthwhile(x.len()) {
        return F::combine(fold_halves::<T, F>(left, 1), fold_halves::<T, F>(right, 1));
    }
    let mut folds = [T::from_f64(F::IDENTITY); 2];
    let [first, second] = &mut folds;
    parallel::join(&mut || *first = fold_halves::<T, F>(left, threads / 2), &mut || {
        *second = fold_halves::<T, F>(right, threads - threads / 2)
    });
    F::combine(folds[0], folds[1])
}

#[simd]
fn fold_piece<T: Float, F: Fold<T>>(x: &[T]) -> T {
    let identity = T::from_f64(F::IDENTITY);
    let chunks = x.chunks_exact(LANES);
    let mut tail = identity;
    for &x in chunks.remainder() {
        tail = F::combine(tail, F::of(x));
    }
    if x.len() < LANES {
        return tail;
    }
    let mut lanes = [identity; LANES];
    for chunk in chunks {
        for i in 0..LANES {
            lanes[i] = F::combine(lanes[i], F::of(chunk[i]));
        }
    }
    let mut last = [identity; LAST];
    for i in 0..LAST {
        let [a, b, c, d] = [0, 1, 2, 3].map(|part| lanes[part * LAST + i]);
        last[i] = F::combine(F::combine(a, c), F::combine(b, d));
    }
    F::combine(fold_last::<T, F>(&last), tail)
}

/// Folds the last results of a row by halves. If the compiler saw this together with the loops
/// above, it would take those apart into the pairs that meet here.
#[inline(never)]
fn fold_last<T: Float, F: Fold<T>>(&[a, b, c, d, e, f, g, h]: &[T; LAST]) -> T {
    let [a, b, c, d] = [(a, e), (b, f), (c, g), (d, h)].map(|(x, y)| F::combine(x, y));
    F::combine(F::combine(a, c), F::combine(b, d))
}

/// The two halves of what is too much to be folded one after another.
fn halves(rows: &Range<usize>) -> Option<[Range<usize>; 2]> {
    let middle = rows.start + rows.len().next_power_of_two() / 2;
    (rows.len() > PIECE.1).then_some([rows.start..middle, middle..rows.end])
}

/// Folds the elements of some rows of the walk `inner` from `from`, by halves.
fn fold_one<T: Float>(
    folds: &Folds<T>,
    x: &[T],
    from: usize,
    inner: &Walk<1>,
    rows: Range<usize>,
) -> T {
    if let Some(halves) = halves(&rows) {
        let [left, right] = halves.map(|rows| fold_one(folds, x, from, inner, rows));
        return (folds.combine)(left, right);
    }
    let mut result = folds.identity;
    for (_, [start]) in inner.starts(rows) {
        let start = from.wrapping_add(start);
        let row = match inner.steps {
            [1] => (folds.slice)(&x[start..][..inner.len]),
            [step] => (folds.strided)(x, (start, step, inner.len)),
        };
        result = (folds.combine)(result, row);
    }
    result
}

/// Folds `len` elements, at least one, `step` apart, by halves.
fn fold_strided<T: Float, F: Fold<T>>(x: &[T], (start, step, len): Strided) -> T {
    if let Some(halves) = halves(&(0..len)) {
        let half = |part: Range<usize>| (at(start, step, part.start), step, part.len());
        let [left, right] = halves.map(|part| fold_strided::<T, F>(x, half(part)));
        return F::combine(left, right);
    }
    let element = |i| F::of(x[at(start, step, i)]);
    (1..len).fold(element(0), |row, i| F::combine(row, element(i)))
}

/// Folds up to [`STRIP`] neighbouring columns over some rows of the walk `inner`, by halves.
fn fold_columns<T: Float>(
    folds: &Folds<T>,
    x: &[T],
    from: usize,
    width: usize,
    inner: &Walk<1>,
    rows: Range<usize>,
) -> [T; STRIP] {
    if let Some(halves) = halves(&rows) {
        let [mut left, right] = halves.map(|rows| fold_columns(folds, x, from, width, inner, rows));
        (folds.combine_strips)(&mut left, right);
        return left;
    }
    let mut total = [folds.identity; STRIP];
    for (_, [start]) in inner.starts(rows) {
        let rows = (from.wrapping_add(start), inner.steps[0], inner.len);
        (folds.combine_strips)(&mut total, (folds.strip)(x, rows, width));
    }
    total
}

/// Folds `len` rows of `width` columns, `step` apart, by halves.
fn fold_strip<T: Float, F: Fold<T>>(
    x: &[T],
    (start, step, len): Strided,
    width: usize,
) -> [T; STRIP] {
    let mut left = [T::from_f64(F::IDENTITY); STRIP];
    if len <= PIECE.1 {
        fold_rows::<T, F>(x, (start, step, len), width, &mut left);
        return left;
    }
    let half = len.next_power_of_two() / 2;
    left = fold_strip::<T, F>(x, (start, step, half), width);
    let right = fold_strip::<T, F>(x, (at(start, step, half), step, len - half), width);
    combine_strips::<T, F>(&mut left, right);
    left
}

fn combine_strips<T: Float, F: Fold<T>>(left: &mut [T; STRIP], right: [T; STRIP]) {
    for (left, right) in left.iter_mut().zip(right) {
        *left = F::combine(*left, right);
    }
}

#[simd]
fn fold_rows<T: Float, F: Fold<T>>(
    x: &[T],
    (start, step, len): Strided,
    width: usize,
    out: &mut [T; STRIP],
) {
    // A copy, which unlike the argument can stay in registers.
    let mut sums = *out;
    for row in 0..len {
        let row = &x[at(start, step, row)..][..width];
        if let Ok(row) = <&[T; STRIP]>::try_from(row) {
            for i in 0..STRIP {
                sums[i] = F::combine(sums[i], F::of(row[i]));
            }
        } else {
            for (sum, &x) in sums.iter_mut().zip(row) {
                *sum = F::combine(*sum, F::of(x));
            }
        }
    }
    *out = sums;
}

/// Which extreme a position is wanted of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Extreme {
    Max,
    Min,
}

/// The position of the extreme along the middle axis; the first of equals, and NaN before all.
///
/// # Shapes
/// `x: [outer, len, inner]`, `out: [outer, inner]`
pub(crate) fn arg_extreme<T: Float>(
    extreme: Extreme,
    x: &[T],
    [outer, len, inner]: [usize; 3],
    out: &mut [i64],
) {
    assert!(x.len() == outer * len * inner && out.len() == outer * inner && len > 0);
    parallel::for_each_part(out, 1, len * 4, |first, out| {
        for (i, out) in out.iter_mut().enumerate() {
            let start = (first + i) / inner * len * inner + (first + i) % inner;
            let (mut best, mut best_at) = (x[start], 0);
            for at in 1..len {
                let x = x[start + at * inner];
                let better = match extreme {
                    Extreme::Max => x > best,
                    Extreme::Min => x < best,
                };
                if better || (x.is_nan() && !best.is_nan()) {
                    (best, best_at) = (x, at);
                }
            }
            *out = best_at as i64;
        }
    });
}

#[cfg(test)]
mod tests;
