//! The steps of a softmax on a row, inlined into functions that are compiled for each set of vector
//! instructions.

use crate::kernel::float::Float;

/// The partial results of a sum or maximum along a row.
const LANES: usize = 16;

/// The largest element; NaN if any is.
#[inline(always)]
pub(super) fn maximum<T: Float>(x: &[T]) -> T {
    // What does not fill a chunk at the end is taken once more with what is before it.
    let Some(last) = x.last_chunk::<LANES>() else {
        return x.iter().fold(-T::INFINITY, |max, &x| max.maximum(x));
    };
    let mut lanes = *last;
    for chunk in x.as_chunks::<LANES>().0 {
        for i in 0..LANES {
            lanes[i] = lanes[i].maximum(chunk[i]);
        }
    }
    halve(lanes, T::maximum)
}

/// Combines the first half of the lanes with the second until one is left.
#[inline(always)]
fn halve<T: Float>(lanes: [T; LANES], combine: impl Fn(T, T) -> T) -> T {
    let half = std::array::from_fn(|i| combine(lanes[i], lanes[i + LANES / 2]));
    fold_last(&half, combine)
}

/// The rest of [`halve`]. If the compiler saw this together with the loops before, it would take
/// those apart into the pairs that meet here.
#[inline(never)]
fn fold_last<T: Float>(
    &[a, b, c, d, e, f, g, h]: &[T; LANES / 2],
    combine: impl Fn(T, T) -> T,
) -> T {
    let [a, b, c, d] = [(a, e), (b, f), (c, g), (d, h)].map(|(x, y)| combine(x, y));
    combine(combine(a, c), combine(b, d))
}

/// The elements of some whole rows that the first-level cache holds.
///
/// Steps on rows go over that many at once, so that rows shorter than a vector still fill it.
pub(in crate::kernel) fn piece_of_rows(columns: usize) -> usize {
    columns * (2048 / columns).max(1)
}

/// `y = x − max`
#[inline(always)]
pub(super) fn subtract<T: Float>(x: &[T], max: T, y: &mut [T]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = x - max;
    }
}

/// `y = e^y`
#[inline(always)]
pub(super) fn exponentiate<T: Float, const FMA: bool>(y: &mut [T]) {
    // Pieces of a fixed size: the compiler's own vector loops leave short rows to scalar code.
    let (pieces, rest) = y.as_chunks_mut::<LANES>();
    for piece in pieces {
        for y in piece {
            *y = y.exp::<FMA>();
        }
    }
    if !rest.is_empty() {
        let mut piece = [T::ZERO; LANES];
        piece[..rest.len()].copy_from_slice(rest);
        for y in &mut piece {
            *y = y.exp::<FMA>();
        }
        rest.copy_from_slice(&piece[..rest.len()]);
    }
}

/// Divides `y` by its sum, which it returns.
#[inline(always)]
pub(super) fn normalize<T: Float>(y: &mut [T]) -> T {
    let sum = lane_sum(y, y, |y, _| y);
    let scale = T::ONE / sum;
    for y in y {
        *y *= scale;
    }
    sum
}

/// `Σ e^(x − max)`
#[inline(always)]
pub(super) fn sum_of_exponentials<T: Float, const FMA: bool>(x: &[T], max: T) -> T {
    lane_sum(x, x, |x, _| (x - max).exp::<FMA>())
}

/// `Σ f(x, y)`, by lanes, so that it vectorizes and its error grows slowly.
#[inline(always)]
pub(super) fn lane_sum<T: Float>(x: &[T], y: &[T], f: impl Fn(T, T) -> T) -> T {
    let mut lanes = [T::ZERO; LANES];
    let (xs, ys) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
    let mut tail = T::ZERO;
    for (&x, &y) in xs.remainder().iter().zip(ys.remainder()) {
        tail += f(x, y);
    }
    if x.len() < LANES {
        return tail;
    }
    for (x, y) in xs.zip(ys) {
        for i in 0..LANES {
            lanes[i] += f(x[i], y[i]);
        }
    }
    halve(lanes, |a, b| a + b) + tail
}
