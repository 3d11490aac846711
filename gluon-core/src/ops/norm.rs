//! Normalization of rows and of channels, with scale and shift in the same operation.

use super::layout::around;
use crate::autograd::record_op;
use crate::buffer::{for_float, with_scratch};
use crate::device::Device;
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

/// Puts the gradients of factor and shift, inputs 1 and 2, into their places.
fn write<T: Float>(
    gradients: &mut Gradients<'_, Tensor>,
    device: Device,
    sums: [&[T]; 2],
) -> Result<()> {
    for (input, sums) in [1, 2].into_iter().zip(sums) {
        let shape = sums.len().into();
        gradients.write_at::<T>(input, (&shape, device), |gradient, accumulate| {
            for (gradient, &sum) in gradient.iter_mut().zip(sums) {
                *gradient = if accumulate { *gradient + sum } else { sum };
            }
        })?;
    }
    Ok(())
}

fn wants_parameters(gradients: &Gradients<'_, Tensor>) -> bool {
    gradients.wants(1) || gradients.wants(2)
}

/// Both rows of a tensor of two.
fn halves<T: Float>(rows: &Tensor) -> (&[T], &[T]) {
    let rows = rows.as_contiguous::<T>().unwrap_or_default();
    rows.split_at(rows.len() / 2)
}

fn slice<T: Float>(vector: &Option<Tensor>) -> Option<&[T]> {
    vector.as_ref().and_then(Tensor::as_contiguous)
}

/// Each row of `x` with mean 0 and variance 1, times gamma, plus beta; `epsilon` is added to the
/// variance.
///
/// # Shapes
/// `x`: whole rows; `gamma, beta: [rows.groups · rows.channels]`
pub(crate) fn norm(
    op: &'static str,
    rows: Rows,
    epsilon: f64,
    input: &Tensor,
    affine: Affine<'_>,
) -> Result<Tensor> {
    let width = rows.groups * rows.channels;
    check(op, input, &affine, width)?;
    let x = input.to_contiguous();
    let [gamma, beta] = affine.map(|vector| vector.map(Tensor::to_contiguous));
    let count = x.size().checked_div(rows.len()).unwrap_or(0);
    for_float!(x, op, T => {
        let xs = x.as_contiguous::<T>().unwrap_or_default();
        let shapes = [x.shape(), &[count, 2].into()];
        let [y, stats] = Tensor::build_two::<T>(shapes, x.device(), |y, stats| {
            kernel::norm(&rows, epsilon, xs, [slice(&gamma), slice(&beta)], y, stats);
        });
        let none = y.detach();
        record_op(op, inputs(input, affine, &none), y, |_| {
            move |dy, gradients| {
                let all = Tensor::slices::<T, _>([&x, &stats, dy]);
                if wants_parameters(gradients) {
                    let width = rows.groups * rows.channels;
                    with_scratch(2 * width, |sums| {
                        kernel::norm_parameters(&rows, all, sums);
                        let (dgamma, dbeta) = sums.split_at(width);
                        write(gradients, x.device(), [dgamma, dbeta])
                    })?;
                }
                gradients.write::<T>(0, &x, |dx, accumulate| {
                    kernel::norm_dx(&rows, all, slice(&gamma), dx, accumulate);
                })
            }
        })
    })
}

/// `x`, factor and shift as the inputs of an operation, with the constant `none` for what is missing.
fn inputs<'t>(x: &'t Tensor, affine: Affine<'t>, none: &'t Tensor) -> [&'t Tensor; 3] {
    [x, affine[0].unwrap_or(none), affine[1].unwrap_or(none)]
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
    let [batch, channels, inner] = around(axis, input.shape());
    let sizes = Channels { batch, channels, inner };
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
    let [gamma, beta] = affine.map(|vector| vector.map(Tensor::to_contiguous));
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
        let [center, variances] = Tensor::slices::<T, _>([&mean, &variance]);
        // The factors 1 / √(variance + ε), then those times gamma.
        let factors = Tensor::build::<T>([2, sizes.channels].into(), x.device(), |factors| {
            let (factors, scale) = factors.split_at_mut(sizes.channels);
            for (factor, &variance) in factors.iter_mut().zip(variances) {
                *factor = T::ONE / (variance + T::from_f64(epsilon)).sqrt();
            }
            scale.copy_from_slice(factors);
            for (scale, &gamma) in scale.iter_mut().zip(slice::<T>(&gamma).unwrap_or_default()) {
                *scale *= gamma;
            }
        });
        let y = Tensor::build::<T>(*x.shape(), x.device(), |y| {
            with_scratch(sizes.channels, |zeros| {
                zeros.fill(T::ZERO);
                let shift = slice(&beta).unwrap_or(zeros);
                let (_, scale) = halves(&factors);
                batch_norm::affine(&sizes, xs, [center, scale, shift], y);
            });
        });
        let used = [mean.clone(), variance];
        let none = y.detach();
        let y = record_op(op, inputs(input, affine, &none), y, |_| {
            move |dy, gradients| {
                let channels = sizes.channels;
                let both = Tensor::slices::<T, _>([&x, dy]);
                let center = mean.as_contiguous::<T>().unwrap_or_default();
                let (factors, scale) = halves::<T>(&factors);
                with_scratch(4 * channels, |scratch| {
                    let (sums, line) = scratch.split_at_mut(2 * channels);
                    let (slope, offset) = line.split_at_mut(channels);
                    slope.fill(T::ZERO);
                    offset.fill(T::ZERO);
                    if !is_given || wants_parameters(gradients) {
                        batch_norm::gradient_sums(&sizes, both, center, sums);
                        let (dbeta, products) = sums.split_at_mut(channels);
                        if !is_given {
                            let count = T::from_f64(sizes.count() as f64);
                            for (i, &factor) in factors.iter().enumerate() {
                                slope[i] = products[i] * factor * factor / count;
                                offset[i] = dbeta[i] / count;
                            }
                        }
                        for (product, &factor) in products.iter_mut().zip(factors) {
                            *product *= factor;
                        }
                        write(gradients, x.device(), [products, dbeta])?;
                    }
                    gradients.write::<T>(0, &x, |dx, accumulate| {
                        let vectors = [center, &*slope, &*offset, scale];
                        batch_norm::affine_dx(&sizes, both, vectors, dx, accumulate);
                    })
                })
            }
        })?;
        Ok((y, used))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::{check, record};
    use crate::kernel::parallel;

    const EPSILON: f64 = 1e-3;

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
            let deviation = (squares / x.len() as f64 + EPSILON).sqrt();
            for (i, x) in x.iter().enumerate() {
                let channel = row % rows.groups * rows.channels + i / rows.inner;
                y.push((x - mean) / deviation * gamma[channel] + beta[channel]);
            }
        }
        y
    }

    #[test]
    fn any_number_of_threads_gives_the_same() {
        let with_grad = |shape: &[usize], seed| {
            let mut x = numbers(Shape::new(shape), seed).to_dtype(crate::DType::F32);
            x.attach_grad();
            x
        };
        let x = with_grad(&[65, 16, 256], 0.1);
        for (groups, channels, inner) in [(16, 1, 256), (1, 16, 256), (1, 256, 1)] {
            let rows = Rows { groups, channels, inner, centered: true };
            let [gamma, beta] = [0.4, 1.7].map(|seed| with_grad(&[groups * channels], seed));
            let affine = [Some(&gamma), Some(&beta)];
            let axis = if inner == 1 { 2 } else { 1 };
            let of_rows = || norm("norm", rows, EPSILON, &x, affine);
            let of_batch = || batch_norm(&x, axis, Statistics::OfBatch, EPSILON, affine);
            let of_batch = || of_batch().map(|(y, _)| y);
            let run = |forward: &dyn Fn() -> Result<Tensor>| {
                let y = record(|| forward()?.square()).unwrap();
                y.backward().unwrap();
                [y.detach(), x.grad().unwrap().copy()]
                    .into_iter()
                    .chain([&gamma, &beta].map(|t| t.grad().unwrap().copy()))
                    .collect::<Vec<_>>()
            };
            assert_eq!(parallel::part(1, || run(&of_rows)), parallel::part(3, || run(&of_rows)));
            if groups * channels == x.shape()[axis] {
                let [one, three] = [1, 3].map(|n| parallel::part(n, || run(&of_batch)));
                assert_eq!(one, three);
            }
        }
    }

    #[test]
    fn rows_are_normalized_and_gradients_match_difference_quotients() {
        for (groups, channels, inner) in [(1, 40, 1), (3, 1, 5), (2, 3, 4), (2, 1, 20)] {
            for centered in [true, false] {
                let rows = Rows { groups, channels, inner, centered };
                let x = numbers([2, groups, channels, inner], 0.2);
                let [gamma, beta] = [0.4, 1.7].map(|seed| numbers(groups * channels, seed));
                let y = norm("norm", rows, EPSILON, &x, [Some(&gamma), Some(&beta)]).unwrap();
                let expected = direct(&rows, &x, &gamma, &beta);
                for (found, expected) in y.to_vec::<f64>().unwrap().iter().zip(expected) {
                    assert!((found - expected).abs() < 1e-14);
                }
                let inputs = [x, gamma, beta];
                let whole =
                    |v: &[Tensor]| norm("norm", rows, EPSILON, &v[0], [Some(&v[1]), Some(&v[2])]);
                assert!(check::gradients(whole, &inputs, 1e-5).unwrap() < 1e-8, "{rows:?}");
                let shifted =
                    |v: &[Tensor]| norm("norm", rows, EPSILON, &v[0], [None, Some(&v[2])]);
                assert!(check::gradients(shifted, &inputs, 1e-5).unwrap() < 1e-8, "{rows:?}");
                let plain =
                    |v: &[Tensor]| norm("norm", rows, EPSILON, &v[0], [None, None])?.add(&v[0]);
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
