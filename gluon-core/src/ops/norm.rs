//! Normalization of rows and of channels, with scale and shift in the same operation.

use crate::autograd::record_op;
use crate::buffer::{for_float, with_scratch};
use crate::dtype::Element;
use crate::error::{Error, Result};
use crate::kernel::batch_norm::{self, Channels};
use crate::kernel::float::Float;
use crate::kernel::norm as kernel;
use crate::shape::Shape;
use crate::tape::Gradients;
use crate::tensor::Tensor;

pub(crate) use crate::kernel::norm::Rows;

/// The factor and the shift of each channel, either of which may be missing.
pub(crate) type Affine<'t> = [Option<&'t Tensor>; 2];

/// Vectors of `size` elements like those of `x`.
fn check(op: &'static str, x: &Tensor, vectors: &[Option<&Tensor>], size: usize) -> Result<()> {
    for vector in vectors.iter().copied().flatten() {
        if *vector.shape() != [size] {
            return Err(Error::ShapeMismatch { op, lhs: *x.shape(), rhs: *vector.shape() });
        }
        if vector.dtype() != x.dtype() {
            return Err(Error::DTypeMismatch { op, lhs: vector.dtype(), rhs: x.dtype() });
        }
    }
    Ok(())
}

/// `x` and what there is of the affine map, as the inputs of an operation.
fn inputs<'t>(x: &'t Tensor, affine: Affine<'t>) -> Vec<&'t Tensor> {
    [Some(x), affine[0], affine[1]].into_iter().flatten().collect()
}

/// Puts the gradients of factor and shift into their places.
fn write<T: Float>(
    gradients: &mut Gradients<'_, Tensor>,
    affine: &[Option<Tensor>; 2],
    sums: [&[T]; 2],
) -> Result<()> {
    for (input, (parameter, sums)) in
        affine.iter().zip(sums).filter(|(p, _)| p.is_some()).enumerate()
    {
        let Some(parameter) = parameter else { continue };
        gradients.write::<T>(input + 1, parameter, |gradient, accumulate| {
            for (gradient, &sum) in gradient.iter_mut().zip(sums) {
                *gradient = if accumulate { *gradient + sum } else { sum };
            }
        })?;
    }
    Ok(())
}

fn wants_parameters(gradients: &Gradients<'_, Tensor>, affine: &[Option<Tensor>; 2]) -> bool {
    (1..=affine.iter().flatten().count()).any(|input| gradients.wants(input))
}

fn slice<T: Float>(vector: &Option<Tensor>) -> Option<&[T]> {
    vector.as_ref().and_then(Tensor::as_contiguous)
}

/// Each row of `x` with mean 0 and variance 1, times gamma, plus beta.
///
/// # Shapes
/// `x`: whole rows; `gamma, beta: [rows.groups · rows.channels]`
pub(crate) fn norm(
    op: &'static str,
    rows: Rows,
    input: &Tensor,
    affine: Affine<'_>,
) -> Result<Tensor> {
    check(op, input, &affine, rows.groups * rows.channels)?;
    let x = input.to_contiguous();
    let owned = affine.map(|vector| vector.map(Tensor::to_contiguous));
    let count = x.size().checked_div(rows.len()).unwrap_or(0);
    for_float!(x, op, T => {
        let [gamma, beta] = [0, 1].map(|i| slice::<T>(&owned[i]));
        let xs = x.as_contiguous::<T>().unwrap_or_default();
        let shapes = [x.shape(), &[count, 2].into()];
        let [y, stats] = Tensor::build_two::<T>(shapes, x.device(), |y, stats| {
            kernel::norm(&rows, xs, gamma, beta, y, stats);
        });
        record_op(op, inputs(input, affine), y, |_| {
            move |dy, gradients| {
                let all = Tensor::slices::<T, _>([&x, &stats, dy]);
                if wants_parameters(gradients, &owned) {
                    let width = rows.groups * rows.channels;
                    with_scratch(2 * width, |sums| {
                        kernel::norm_parameters(&rows, all, sums);
                        let (dgamma, dbeta) = sums.split_at(width);
                        write(gradients, &owned, [dgamma, dbeta])
                    })?;
                }
                gradients.write::<T>(0, &x, |dx, accumulate| {
                    kernel::norm_dx(&rows, all, slice(&owned[0]), dx, accumulate);
                })
            }
        })
    })
}

/// What channels are normalized by.
pub(crate) enum Statistics<'t> {
    /// Their mean and variance in the batch.
    OfBatch,
    /// Mean and variance from elsewhere.
    Given([&'t Tensor; 2]),
}

/// `(x − mean) / √(variance + epsilon) · gamma + beta` of each channel, the slices along `axis`;
/// and the mean and the biased variance that it used.
pub(crate) fn batch_norm(
    input: &Tensor,
    axis: usize,
    statistics: Statistics<'_>,
    epsilon: f64,
    affine: Affine<'_>,
) -> Result<(Tensor, [Tensor; 2])> {
    let op = "batch_norm";
    let (before, after) = input.shape().split_at(axis);
    let sizes = Channels {
        batch: before.iter().product(),
        channels: after[0],
        inner: after[1..].iter().product(),
    };
    check(op, input, &affine, sizes.channels)?;
    let is_given = matches!(statistics, Statistics::Given(_));
    if sizes.count() == 0 && !is_given {
        let expected = "at least one element a channel";
        return Err(Error::BadShape { op, expected, found: *input.shape() });
    }
    if let Statistics::Given(vectors) = &statistics {
        check(op, input, &vectors.map(Some), sizes.channels)?;
    }
    let x = input.to_contiguous();
    let owned = affine.map(|vector| vector.map(Tensor::to_contiguous));
    let vector = Shape::from(sizes.channels);
    for_float!(x, op, T => {
        let xs = x.as_contiguous::<T>().unwrap_or_default();
        let [mean, variance] = match statistics {
            Statistics::Given(given) => given.map(|t| t.detach().to_contiguous()),
            Statistics::OfBatch => {
                Tensor::build_two::<T>([&vector; 2], x.device(), |mean, variance| {
                    batch_norm::moments(&sizes, xs, mean, variance);
                })
            }
        };
        let [center, variances] =
            Tensor::slices::<T, _>([&mean, &variance]);
        let factors: Vec<T> = variances
            .iter()
            .map(|&variance| T::ONE / (variance + T::from_f64(epsilon)).sqrt())
            .collect();
        let scale: Vec<T> = match slice::<T>(&owned[0]) {
            Some(gamma) => gamma.iter().zip(&factors).map(|(&g, &f)| g * f).collect(),
            None => factors.clone(),
        };
        let zeros = vec![T::ZERO; sizes.channels];
        let shift = slice::<T>(&owned[1]).unwrap_or(&zeros);
        let y = Tensor::build::<T>(*x.shape(), x.device(), |y| {
            batch_norm::affine(&sizes, xs, [center, &scale, shift], y);
        });
        let used = [mean.clone(), variance];
        let y = record_op(op, inputs(input, affine), y, |_| {
            move |dy, gradients| {
                let both = Tensor::slices::<T, _>([&x, dy]);
                let center = mean.as_contiguous::<T>().unwrap_or_default();
                let (mut slope, mut offset) = (zeros.clone(), zeros.clone());
                if !is_given || wants_parameters(gradients, &owned) {
                    with_scratch(2 * sizes.channels, |sums| {
                        batch_norm::gradient_sums(&sizes, both, center, sums);
                        let (dbeta, products) = sums.split_at_mut(sizes.channels);
                        if !is_given {
                            let count = T::from_f64(sizes.count() as f64);
                            for (i, &factor) in factors.iter().enumerate() {
                                slope[i] = products[i] * factor * factor / count;
                                offset[i] = dbeta[i] / count;
                            }
                        }
                        for (product, &factor) in products.iter_mut().zip(&factors) {
                            *product *= factor;
                        }
                        write(gradients, &owned, [products, dbeta])
                    })?;
                }
                gradients.write::<T>(0, &x, |dx, accumulate| {
                    let vectors = [center, &slope, &offset, &scale];
                    batch_norm::affine_dx(&sizes, both, vectors, dx, accumulate);
                })
            }
        })?;
        Ok((y, used))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::check;

    fn numbers(shape: impl Into<Shape>, seed: f64) -> Tensor {
        let shape = shape.into();
        let values = (0..shape.size()).map(|i| (0.9 * i as f64 + seed).sin()).collect::<Vec<_>>();
        Tensor::from_vec(values, shape).unwrap()
    }

    /// The definition: rows of `[groups, channels, inner]`.
    fn direct(rows: &Rows, x: &Tensor, gamma: &Tensor, beta: &Tensor) -> Vec<f64> {
        let [x, gamma, beta] = [x, gamma, beta].map(|t| t.to_vec::<f64>().unwrap());
        let mut y = Vec::new();
        for (row, x) in x.chunks(rows.len()).enumerate() {
            let mean = x.iter().sum::<f64>() / x.len() as f64;
            let mean = if rows.centered { mean } else { 0.0 };
            let squares = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
            let deviation = (squares / x.len() as f64 + rows.epsilon).sqrt();
            for (i, x) in x.iter().enumerate() {
                let channel = row % rows.groups * rows.channels + i / rows.inner;
                y.push((x - mean) / deviation * gamma[channel] + beta[channel]);
            }
        }
        y
    }

    #[test]
    fn rows_are_normalized_and_gradients_match_difference_quotients() {
        for (groups, channels, inner) in [(1, 40, 1), (3, 1, 5), (2, 3, 4), (2, 1, 20)] {
            for centered in [true, false] {
                let rows = Rows { groups, channels, inner, centered, epsilon: 1e-3 };
                let x = numbers([2, groups, channels, inner], 0.2);
                let [gamma, beta] = [0.4, 1.7].map(|seed| numbers(groups * channels, seed));
                let y = norm("norm", rows, &x, [Some(&gamma), Some(&beta)]).unwrap();
                let expected = direct(&rows, &x, &gamma, &beta);
                for (found, expected) in y.to_vec::<f64>().unwrap().iter().zip(expected) {
                    assert!((found - expected).abs() < 1e-14);
                }
                let inputs = [x, gamma, beta];
                let whole = |v: &[Tensor]| norm("norm", rows, &v[0], [Some(&v[1]), Some(&v[2])]);
                assert!(check::gradients(whole, &inputs, 1e-5).unwrap() < 1e-8, "{rows:?}");
                let shifted = |v: &[Tensor]| norm("norm", rows, &v[0], [None, Some(&v[2])]);
                assert!(check::gradients(shifted, &inputs, 1e-5).unwrap() < 1e-8, "{rows:?}");
                let plain = |v: &[Tensor]| norm("norm", rows, &v[0], [None, None])?.add(&v[0]);
                assert!(check::gradients(plain, &inputs[..1], 1e-5).unwrap() < 1e-8, "{rows:?}");
            }
        }
    }

    #[test]
    fn channels_are_normalized_and_gradients_match_difference_quotients() {
        for (shape, axis) in
            [(&[5, 3][..], 1), (&[2, 3, 2, 4], 1), (&[3, 2, 20], 1), (&[2, 4, 3], 2)]
        {
            let x = numbers(Shape::new(shape), 0.2);
            let channels = shape[axis];
            let [gamma, beta, mean] = [0.4, 1.7, 2.2].map(|seed| numbers(channels, seed));
            let variance = mean.square().unwrap();
            let run = |v: &[Tensor], given: bool| {
                let statistics = match given {
                    true => Statistics::Given([&mean, &variance]),
                    false => Statistics::OfBatch,
                };
                let affine = [v.get(1), v.get(2)];
                batch_norm(&v[0], axis, statistics, 1e-3, affine).map(|(y, _)| y)
            };
            let inputs = [x.clone(), gamma, beta];
            for given in [true, false] {
                let error = check::gradients(|v| run(v, given), &inputs, 1e-5).unwrap();
                assert!(error < 1e-8, "{shape:?} {given}: {error}");
                let error = check::gradients(|v| run(v, given), &inputs[..1], 1e-5).unwrap();
                assert!(error < 1e-8, "{shape:?} {given} without parameters: {error}");
            }
            // Each channel has mean 0 and, but for epsilon, variance 1; and what was used is theirs.
            let (y, [mean, variance]) =
                batch_norm(&x, axis, Statistics::OfBatch, 1e-9, [None, None]).unwrap();
            let axes: Vec<isize> =
                (0..shape.len() as isize).filter(|&a| a != axis as isize).collect();
            let largest = |t: Tensor| t.abs().unwrap().max().unwrap().item().unwrap();
            assert!(largest(y.mean_axes(&axes, false).unwrap()) < 1e-14);
            let squares = y.square().unwrap().mean_axes(&axes, false).unwrap();
            assert!(largest(squares.sub(1.0).unwrap()) < 1e-6);
            assert!(largest(x.mean_axes(&axes, false).unwrap().sub(&mean).unwrap()) < 1e-15);
            let centered = x.mean_axes(&axes, true).unwrap();
            let squares = x.sub(&centered).unwrap().square().unwrap();
            let spread = squares.mean_axes(&axes, false).unwrap();
            assert!(largest(spread.sub(&variance).unwrap()) < 1e-15);
        }
    }
}
