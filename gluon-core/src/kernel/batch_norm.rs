//! Batch normalization: each channel to mean 0 and variance 1 over the batch.
//!
//! Tensors are `[batch, channels, inner]`.

use multiversion::multiversion;

use super::float::Float;
use super::parallel;

/// The sizes of the axes before, of and after the channels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Channels {
    pub(crate) batch: usize,
    pub(crate) channels: usize,
    pub(crate) inner: usize,
}

/// The work of an element, in the units of [`parallel`].
const COST: usize = 2;

impl Channels {
    fn image(&self) -> usize {
        self.channels * self.inner
    }

    /// How many elements a channel has.
    pub(crate) fn count(&self) -> usize {
        self.batch * self.inner
    }
}

/// The mean and the biased variance of each channel.
pub(crate) fn moments<T: Float>(sizes: &Channels, x: &[T], mean: &mut [T], variance: &mut [T]) {
    let (image, count) = (sizes.image(), T::from_f64(sizes.count() as f64));
    assert!(x.len() == sizes.batch * image);
    let average = |out: &mut [T], center: Option<&[T]>| {
        parallel::sum_in_chunks(out, false, sizes.batch, image * COST, |images, sums| {
            add_powers(sizes.inner, &x[images.start * image..images.end * image], center, sums);
        });
        out.iter_mut().for_each(|sum| *sum /= count);
    };
    average(mean, None);
    average(variance, Some(mean));
}

/// Adds to each channel's sum its elements, or, with their centers, the squares of the distances.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn add_powers<T: Float>(inner: usize, x: &[T], center: Option<&[T]>, sums: &mut [T]) {
    if sums.is_empty() || inner == 0 {
        return;
    }
    for x in x.chunks_exact(sums.len() * inner) {
        match (inner, center) {
            (1, None) => {
                for (sum, &x) in sums.iter_mut().zip(x) {
                    *sum += x;
                }
            }
            (1, Some(center)) => {
                for ((sum, &x), &center) in sums.iter_mut().zip(x).zip(center) {
                    *sum += (x - center) * (x - center);
                }
            }
            _ => {
                for (channel, (sum, x)) in sums.iter_mut().zip(x.chunks_exact(inner)).enumerate() {
                    let center = center.map(|center| center[channel]);
                    let mut parts = [T::ZERO; 16];
                    for x in x.chunks(16) {
                        for (part, &x) in parts.iter_mut().zip(x) {
                            *part += center.map_or(x, |center| (x - center) * (x - center));
                        }
                    }
                    for part in parts {
                        *sum += part;
                    }
                }
            }
        }
    }
}

/// `y = (x − center) · scale + shift`, each by channel.
pub(crate) fn affine<T: Float>(
    sizes: &Channels,
    x: &[T],
    [center, scale, shift]: [&[T]; 3],
    y: &mut [T],
) {
    for_each_image(sizes, y, |start, y| {
        let x = &x[start..start + y.len()];
        if sizes.inner == 1 {
            for (x, y) in x.chunks_exact(sizes.channels).zip(y.chunks_exact_mut(sizes.channels)) {
                for (i, (y, &x)) in y.iter_mut().zip(x).enumerate() {
                    *y = (x - center[i]) * scale[i] + shift[i];
                }
            }
            return;
        }
        for (i, (x, y)) in
            x.chunks_exact(sizes.inner).zip(y.chunks_exact_mut(sizes.inner)).enumerate()
        {
            let channel = i % sizes.channels;
            let (center, scale, shift) = (center[channel], scale[channel], shift[channel]);
            for (y, &x) in y.iter_mut().zip(x) {
                *y = (x - center) * scale + shift;
            }
        }
    });
}

fn for_each_image<T: Float>(sizes: &Channels, y: &mut [T], f: impl Fn(usize, &mut [T]) + Sync) {
    if sizes.image() > 0 {
        parallel::for_each_block(y, sizes.image(), COST, f);
    }
}

/// `sums = [Σ dy, Σ dy · (x − center)]` of each channel.
///
/// # Shapes
/// `sums: [2, channels]`
pub(crate) fn gradient_sums<T: Float>(
    sizes: &Channels,
    [x, dy]: [&[T]; 2],
    center: &[T],
    sums: &mut [T],
) {
    let Channels { batch, channels, inner } = *sizes;
    let image = sizes.image();
    parallel::sum_in_chunks(sums, false, batch, image * COST, |images, sums| {
        let range = images.start * image..images.end * image;
        let (plain, centered) = sums.split_at_mut(channels);
        let runs =
            x[range.clone()].chunks_exact(inner.max(1)).zip(dy[range].chunks_exact(inner.max(1)));
        for (i, (x, dy)) in runs.enumerate() {
            let channel = i % channels;
            let (mut sum, mut product) = (T::ZERO, T::ZERO);
            for (&x, &dy) in x.iter().zip(dy) {
                sum += dy;
                product += dy * (x - center[channel]);
            }
            plain[channel] += sum;
            centered[channel] += product;
        }
    });
}

/// `dx (+)= (dy − (x − center) · slope − offset) · scale`, each by channel; added to `dx` if
/// `accumulate`.
pub(crate) fn affine_dx<T: Float>(
    sizes: &Channels,
    [x, dy]: [&[T]; 2],
    [center, slope, offset, scale]: [&[T]; 4],
    dx: &mut [T],
    accumulate: bool,
) {
    for_each_image(sizes, dx, |start, dx| {
        let range = start..start + dx.len();
        let runs =
            x[range.clone()].chunks_exact(sizes.inner).zip(dy[range].chunks_exact(sizes.inner));
        for (i, (dx, (x, dy))) in dx.chunks_exact_mut(sizes.inner).zip(runs).enumerate() {
            let c = i % sizes.channels;
            for (dx, (&x, &dy)) in dx.iter_mut().zip(x.iter().zip(dy)) {
                let d = (dy - (x - center[c]) * slope[c] - offset[c]) * scale[c];
                *dx = if accumulate { *dx + d } else { d };
            }
        }
    });
}
