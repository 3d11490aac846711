//! Softmax along rows, its logarithm, and the cross-entropies that they are trained with.
//!
//! Every function subtracts the largest element of a row first, so no exponential overflows.

mod row;

use gluon_macros::simd;

use super::float::Float;
use super::parallel;
pub(super) use row::piece_of_rows;
use row::{exponentiate, lane_sum, maximum, normalize, subtract, sum_of_exponentials};

/// The work of one element, in the units of [`parallel`].
const COST: usize = 10;

/// `y = e^x / Σ e^x` in each row of `columns`.
pub(crate) fn softmax<T: Float>(x: &[T], columns: usize, y: &mut [T]) {
    #[simd(avx512)]
    fn rows<T: Float>(x: &[T], columns: usize, y: &mut [T]) {
        let piece = piece_of_rows(columns);
        for (x, y) in x.chunks(piece).zip(y.chunks_mut(piece)) {
            for (x, y) in x.chunks_exact(columns).zip(y.chunks_exact_mut(columns)) {
                subtract(x, maximum(x), y);
            }
            exponentiate::<T, FMA>(y);
            for y in y.chunks_exact_mut(columns) {
                normalize(y);
            }
        }
    }
    for_each_rows(x, columns, y, rows);
}

/// `y = x − ln Σ e^x` in each row of `columns`.
pub(crate) fn log_softmax<T: Float>(x: &[T], columns: usize, y: &mut [T]) {
    #[simd(avx512)]
    fn rows<T: Float>(x: &[T], columns: usize, y: &mut [T]) {
        for (x, y) in x.chunks_exact(columns).zip(y.chunks_exact_mut(columns)) {
            let max = maximum(x);
            let log_sum = sum_of_exponentials::<T, FMA>(x, max).ln::<FMA>();
            for (&x, y) in x.iter().zip(y) {
                *y = (x - max) - log_sum;
            }
        }
    }
    for_each_rows(x, columns, y, rows);
}

/// `y = ln Σ e^x` of each row of `columns`; `y: [rows]`.
pub(crate) fn log_sum_exp<T: Float>(x: &[T], columns: usize, y: &mut [T]) {
    #[simd(avx512)]
    fn rows<T: Float>(x: &[T], columns: usize, y: &mut [T]) {
        for (x, y) in x.chunks_exact(columns).zip(y) {
            let max = maximum(x);
            // A row of −∞ only has the sum 0; one that holds ∞ has ∞. Neither is a difference.
            *y = if max.abs() == T::INFINITY {
                max
            } else {
                max + sum_of_exponentials::<T, FMA>(x, max).ln::<FMA>()
            };
        }
    }
    assert_eq!(x.len(), y.len() * columns);
    if columns == 0 {
        return y.fill(-T::INFINITY);
    }
    parallel::for_each_part(y, 1, columns * COST, |start, y| {
        rows(&x[start * columns..][..y.len() * columns], columns, y);
    });
}

/// `dx (+)= y · (dy − Σ dy · y)` where `y = softmax(x)`.
pub(crate) fn softmax_grad<T: Float>(
    y: &[T],
    dy: &[T],
    columns: usize,
    dx: &mut [T],
    accumulate: bool,
) {
    for_each_rows_with(y, dy, columns, dx, |y, dy, dx| {
        gradient_rows(false, y, dy, columns, dx, accumulate);
    });
}

/// `dx (+)= dy − e^y · Σ dy` where `y = log_softmax(x)`.
pub(crate) fn log_softmax_grad<T: Float>(
    y: &[T],
    dy: &[T],
    columns: usize,
    dx: &mut [T],
    accumulate: bool,
) {
    for_each_rows_with(y, dy, columns, dx, |y, dy, dx| {
        gradient_rows(true, y, dy, columns, dx, accumulate);
    });
}

/// Cross-entropy of the softmax of each row with the class that is its label:
/// `loss = ln Σ e^x − x[label]`, and `probabilities = softmax(x)`.
///
/// # Shapes
/// `x, probabilities: [rows, columns]`, `labels, loss: [rows]`
///
/// # Panics
/// **If a label is not a class;** the caller has checked them.
pub(crate) fn cross_entropy<T: Float>(
    x: &[T],
    labels: &[u64],
    columns: usize,
    probabilities: &mut [T],
    loss: &mut [T],
) {
    #[simd(avx512)]
    fn rows<T: Float>(x: &[T], labels: &[u64], columns: usize, p: &mut [T], loss: &mut [T]) {
        let piece = piece_of_rows(columns);
        let count = piece / columns;
        let labels = labels.chunks(count).zip(loss.chunks_mut(count));
        for ((x, p), (labels, loss)) in x.chunks(piece).zip(p.chunks_mut(piece)).zip(labels) {
            let rows = x.chunks_exact(columns).zip(p.chunks_exact_mut(columns));
            for (((x, p), &label), loss) in rows.zip(labels).zip(&mut *loss) {
                subtract(x, maximum(x), p);
                *loss = -p[label as usize];
            }
            exponentiate::<T, FMA>(p);
            for (p, loss) in p.chunks_exact_mut(columns).zip(loss) {
                *loss += normalize(p).ln::<FMA>();
            }
        }
    }
    let count = loss.len();
    assert!(labels.len() == count && x.len() == count * columns && probabilities.len() == x.len());
    if columns == 0 {
        return;
    }
    parallel::for_each_part_pair(probabilities, loss, (columns, 1), COST, |start, p, loss| {
        let x = &x[start * columns..][..p.len()];
        rows(x, &labels[start..][..loss.len()], columns, p, loss);
    });
}

/// Cross-entropy of the softmax of each row with a distribution over the classes:
/// `loss = Σ target · (ln Σ e^x − x)`, and `probabilities = softmax(x)`.
///
/// # Shapes
/// `x, targets, probabilities: [rows, columns]`, `loss: [rows]`
pub(crate) fn cross_entropy_dense<T: Float>(
    x: &[T],
    targets: &[T],
    columns: usize,
    probabilities: &mut [T],
    loss: &mut [T],
) {
    #[simd(avx512)]
    fn rows<T: Float>(x: &[T], targets: &[T], columns: usize, p: &mut [T], loss: &mut [T]) {
        let rows = x.chunks_exact(columns).zip(p.chunks_exact_mut(columns));
        for (((x, p), targets), loss) in rows.zip(targets.chunks_exact(columns)).zip(loss) {
            let max = maximum(x);
            subtract(x, max, p);
            exponentiate::<T, FMA>(p);
            let log_sum = normalize(p).ln::<FMA>();
            // A class of no weight adds nothing, even if its logit is −∞.
            *loss = lane_sum(x, targets, |x, target| {
                if target == T::ZERO { T::ZERO } else { target * (log_sum - (x - max)) }
            });
        }
    }
    let len = loss.len() * columns;
    assert!(targets.len() == len && x.len() == len && probabilities.len() == len);
    if columns == 0 {
        return loss.fill(T::ZERO);
    }
    parallel::for_each_part_pair(probabilities, loss, (columns, 1), COST, |start, p, loss| {
        let range = start * columns..start * columns + p.len();
        rows(&x[range.clone()], &targets[range], columns, p, loss);
    });
}

/// `dx (+)= dloss · (p − onehot(label))` where `p` are the probabilities of [`cross_entropy`].
///
/// # Shapes
/// `p, dx: [rows, columns]`, `labels, dloss: [rows]`
pub(crate) fn cross_entropy_grad<T: Float>(
    p: &[T],
    labels: &[u64],
    dloss: &[T],
    columns: usize,
    dx: &mut [T],
    accumulate: bool,
) {
    let count = labels.len();
    assert!(dloss.len() == count && p.len() == count * columns && dx.len() == p.len());
    if columns == 0 {
        return;
    }
    parallel::for_each_part(dx, columns, 1, |start, dx| {
        let rows = p[start..].chunks_exact(columns).zip(dx.chunks_exact_mut(columns));
        let first = start / columns;
        for (((p, dx), &label), &dloss) in rows.zip(&labels[first..]).zip(&dloss[first..]) {
            scale_into(dloss, p, dx, accumulate);
            dx[label as usize] -= dloss;
        }
    });
}

/// `dx (+)= dloss · (p · Σ target − target)` where `p` are the probabilities of
/// [`cross_entropy_dense`].
///
/// # Shapes
/// `p, targets, dx: [rows, columns]`, `dloss: [rows]`
pub(crate) fn cross_entropy_dense_grad<T: Float>(
    p: &[T],
    targets: &[T],
    dloss: &[T],
    columns: usize,
    dx: &mut [T],
    accumulate: bool,
) {
    let len = dloss.len() * columns;
    assert!(p.len() == len && targets.len() == len && dx.len() == len);
    if columns == 0 {
        return;
    }
    parallel::for_each_part(dx, columns, 1, |start, dx| {
        let rows = p[start..].chunks_exact(columns).zip(targets[start..].chunks_exact(columns));
        let rows = rows.zip(dx.chunks_exact_mut(columns));
        for (((p, targets), dx), &dloss) in rows.zip(&dloss[start / columns..]) {
            let weight = lane_sum(targets, targets, |target, _| target);
            scale_into(dloss * weight, p, dx, accumulate);
            dx.iter_mut().zip(targets).for_each(|(dx, &target)| *dx -= dloss * target);
        }
    });
}

/// `y (+)= alpha · x`, where 0 times anything is 0: a row that does not count may hold NaN.
fn scale_into<T: Float>(alpha: T, x: &[T], y: &mut [T], accumulate: bool) {
    if alpha == T::ZERO {
        if !accumulate {
            y.fill(T::ZERO);
        }
    } else if accumulate {
        y.iter_mut().zip(x).for_each(|(y, &x)| *y += alpha * x);
    } else {
        y.iter_mut().zip(x).for_each(|(y, &x)| *y = alpha * x);
    }
}

#[simd(avx512)]
fn gradient_rows<T: Float>(
    of_logarithm: bool,
    y: &[T],
    dy: &[T],
    columns: usize,
    dx: &mut [T],
    accumulate: bool,
) {
    let old = |dx: T| if accumulate { dx } else { T::ZERO };
    let rows = y.chunks_exact(columns).zip(dy.chunks_exact(columns));
    for ((y, dy), dx) in rows.zip(dx.chunks_exact_mut(columns)) {
        if of_logarithm {
            let sum = lane_sum(dy, dy, |dy, _| dy);
            for ((dx, &y), &dy) in dx.iter_mut().zip(y).zip(dy) {
                *dx = old(*dx) + (dy - y.exp::<FMA>() * sum);
            }
        } else {
            let sum = lane_sum(y, dy, |y, dy| y * dy);
            for ((dx, &y), &dy) in dx.iter_mut().zip(y).zip(dy) {
                *dx = old(*dx) + y * (dy - sum);
            }
        }
    }
}

/// Calls `rows(x_rows, columns, y_rows)` on blocks of whole rows.
fn for_each_rows<T: Float>(
    x: &[T],
    columns: usize,
    y: &mut [T],
    rows: impl Fn(&[T], usize, &mut [T]) + Sync,
) {
    assert_eq!(x.len(), y.len());
    if columns > 0 {
        parallel::for_each_part(y, columns, COST, |start, y| {
            rows(&x[start..][..y.len()], columns, y);
        });
    }
}

/// Calls `rows(y_rows, dy_rows, dx_rows)` on blocks of whole rows.
fn for_each_rows_with<T: Float>(
    y: &[T],
    dy: &[T],
    columns: usize,
    dx: &mut [T],
    rows: impl Fn(&[T], &[T], &mut [T]) + Sync,
) {
    assert!(y.len() == dx.len() && dy.len() == dx.len());
    if columns > 0 {
        parallel::for_each_part(dx, columns, COST, |start, dx| {
            let range = start..start + dx.len();
            rows(&y[range.clone()], &dy[range], dx);
        });
    }
}

#[cfg(test)]
mod tests;
