//! Normalization of rows: each to mean 0 and variance 1, then scaled and shifted by channel.

use gluon_macros::simd;

use super::chunks::sum_in_chunks;
use super::float::Float;
use super::parallel;
use super::sum::{sum_of, sum_of_pairs};
use crate::buffer::with_scratch;

/// How rows are laid out in a tensor and what is done to each.
///
/// A row has `channels` runs of `inner` elements. Rows come in cycles of `groups`, each row of
/// which has channels of its own: layer normalization has one group and runs of one element,
/// instance normalization as many groups as channels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows {
    pub(crate) groups: usize,
    pub(crate) channels: usize,
    pub(crate) inner: usize,
    /// Whether the mean is subtracted; otherwise the mean square takes the variance's place.
    pub(crate) centered: bool,
}

impl Rows {
    /// The number of elements in a row.
    pub(crate) fn len(&self) -> usize {
        self.channels * self.inner
    }

    /// The part of a parameter that belongs to a row.
    fn part<'p, T>(&self, parameter: Option<&'p [T]>, row: usize) -> Option<&'p [T]> {
        parameter.map(|all| &all[row % self.groups * self.channels..][..self.channels])
    }
}

/// The work of an element, in the units of [`parallel`].
const COST: usize = 4;

/// `y = (x − mean) / √(variance + ε) · gamma + beta` of each row; `stats` gets the mean and the
/// factor `1 / √(variance + ε)` of each.
///
/// # Shapes
/// `x, y: [rows, channels, inner]`, `gamma, beta: [groups · channels]`, `stats: [rows, 2]`
pub(crate) fn norm<T: Float>(
    rows: &Rows,
    epsilon: f64,
    x: &[T],
    [gamma, beta]: [Option<&[T]>; 2],
    y: &mut [T],
    stats: &mut [T],
) {
    let len = rows.len();
    assert!(x.len() == y.len() && stats.len() * len == 2 * x.len());
    if len == 0 {
        return;
    }
    parallel::for_each_part_pair(y, stats, (len, 2), COST, |start, y, stats| {
        let x = x[start * len..].chunks_exact(len);
        for (i, ((x, y), stats)) in
            x.zip(y.chunks_exact_mut(len)).zip(stats.chunks_mut(2)).enumerate()
        {
            let (gamma, beta) = (rows.part(gamma, start + i), rows.part(beta, start + i));
            let (mean, factor) = moments(rows, epsilon, x);
            stats.copy_from_slice(&[mean, factor]);
            affine(rows.inner, x, [mean, factor], gamma, beta, y);
        }
    });
}

/// The mean of a row, 0 if it is not subtracted, and `1 / √(variance + ε)`.
#[simd]
fn moments<T: Float>(rows: &Rows, epsilon: f64, x: &[T]) -> (T, T) {
    let count = T::from_f64(x.len() as f64);
    let mean = if rows.centered { sum_of(x, |x| x) / count } else { T::ZERO };
    let variance = sum_of(x, |x| (x - mean) * (x - mean)) / count;
    (mean, T::ONE / (variance + T::from_f64(epsilon)).sqrt())
}

#[simd]
fn affine<T: Float>(
    inner: usize,
    x: &[T],
    [mean, factor]: [T; 2],
    gamma: Option<&[T]>,
    beta: Option<&[T]>,
    y: &mut [T],
) {
    if inner == 1 {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = (x - mean) * factor;
        }
        for (y, &gamma) in y.iter_mut().zip(gamma.unwrap_or_default()) {
            *y *= gamma;
        }
        for (y, &beta) in y.iter_mut().zip(beta.unwrap_or_default()) {
            *y += beta;
        }
        return;
    }
    for (channel, (x, y)) in x.chunks_exact(inner).zip(y.chunks_exact_mut(inner)).enumerate() {
        let scale = gamma.map_or(factor, |gamma| factor * gamma[channel]);
        let shift = beta.map_or(T::ZERO, |beta| beta[channel]);
        for (y, &x) in y.iter_mut().zip(x) {
            *y = (x - mean) * scale + shift;
        }
    }
}

/// The gradient of the input of [`norm`]; added to `dx` if `accumulate`.
///
/// With `g = dy · gamma` and `n` the normalized row it is
/// `(g − mean(g) − n · mean(g · n)) / √(variance + ε)`, without the first mean if rows are not
/// centered.
pub(crate) fn norm_dx<T: Float>(
    rows: &Rows,
    [x, stats, dy]: [&[T]; 3],
    gamma: Option<&[T]>,
    dx: &mut [T],
    accumulate: bool,
) {
    let len = rows.len();
    assert!(x.len() == dx.len() && dy.len() == dx.len() && stats.len() * len == 2 * x.len());
    if len == 0 {
        return;
    }
    parallel::for_each_part(dx, len, 2 * COST, |start, dx| {
        with_scratch(len, |scaled| {
            for (i, dx) in dx.chunks_exact_mut(len).enumerate() {
                let row = start / len + i;
                let (range, gamma) = (row * len..(row + 1) * len, rows.part(gamma, row));
                scale(rows.inner, &dy[range.clone()], gamma, scaled);
                let stats = [stats[2 * row], stats[2 * row + 1]];
                row_dx(rows.centered, [&x[range], scaled], stats, dx, accumulate);
            }
        });
    });
}

/// `scaled = dy · gamma` of a row.
#[simd]
fn scale<T: Float>(inner: usize, dy: &[T], gamma: Option<&[T]>, scaled: &mut [T]) {
    let Some(gamma) = gamma else { return scaled.copy_from_slice(dy) };
    if inner == 1 {
        for (scaled, (&dy, &gamma)) in scaled.iter_mut().zip(dy.iter().zip(gamma)) {
            *scaled = dy * gamma;
        }
        return;
    }
    let runs = scaled.chunks_exact_mut(inner).zip(dy.chunks_exact(inner));
    for ((scaled, dy), &gamma) in runs.zip(gamma) {
        for (scaled, &dy) in scaled.iter_mut().zip(dy) {
            *scaled = dy * gamma;
        }
    }
}

#[simd]
fn row_dx<T: Float>(
    centered: bool,
    [x, g]: [&[T]; 2],
    [mean, factor]: [T; 2],
    dx: &mut [T],
    accumulate: bool,
) {
    let count = T::from_f64(x.len() as f64);
    let mean_g = if centered { sum_of(g, |g| g) / count } else { T::ZERO };
    let slope = sum_of_pairs(x, g, |x, g| g * (x - mean)) / count * factor * factor;
    for (dx, (&x, &g)) in dx.iter_mut().zip(x.iter().zip(g)) {
        let d = factor * (g - mean_g - (x - mean) * slope);
        *dx = if accumulate { *dx + d } else { d };
    }
}

/// The gradients of gamma and beta of [`norm`], `dgamma (+)= Σ dy · n` and `dbeta (+)= Σ dy`, as
/// `[2, groups · channels]`.
pub(crate) fn norm_parameters<T: Float>(rows: &Rows, [x, stats, dy]: [&[T]; 3], sums: &mut [T]) {
    let (len, width) = (rows.len(), rows.groups * rows.channels);
    assert!(x.len() == dy.len() && sums.len() == 2 * width);
    if len == 0 {
        return sums.fill(T::ZERO);
    }
    sum_in_chunks(sums, false, x.len() / len, len * COST, |range, sums| {
        let (dgamma, dbeta) = sums.split_at_mut(width);
        for row in range {
            let first = row % rows.groups * rows.channels;
            let (x, dy) = (&x[row * len..][..len], &dy[row * len..][..len]);
            let stats = [stats[2 * row], stats[2 * row + 1]];
            let dgamma = &mut dgamma[first..][..rows.channels];
            row_sums(rows.inner, [x, dy], stats, dgamma, &mut dbeta[first..][..rows.channels]);
        }
    });
}

#[simd]
fn row_sums<T: Float>(
    inner: usize,
    [x, dy]: [&[T]; 2],
    [mean, factor]: [T; 2],
    dgamma: &mut [T],
    dbeta: &mut [T],
) {
    let sums = dgamma.iter_mut().zip(dbeta);
    if inner == 1 {
        for ((&x, &dy), (dgamma, dbeta)) in x.iter().zip(dy).zip(sums) {
            *dgamma += dy * ((x - mean) * factor);
            *dbeta += dy;
        }
        return;
    }
    let channels = x.chunks_exact(inner).zip(dy.chunks_exact(inner));
    for ((x, dy), (dgamma, dbeta)) in channels.zip(sums) {
        *dbeta += sum_of(dy, |dy| dy);
        *dgamma += sum_of_pairs(x, dy, |x, dy| dy * (x - mean)) * factor;
    }
}
