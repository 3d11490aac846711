//! Batch normalization: each channel to mean 0 and variance 1 over the batch.
//!
//! Tensors are `[batch, channels, inner]`. Where `inner` is 1, loops run along the channels.

use gluon_macros::simd;

use super::chunks::sum_in_chunks;
use super::float::Float;
use super::parallel;
use super::sum::{sum_of, sum_of_pairs};

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
        sum_in_chunks(out, false, sizes.batch, image * COST, |images, sums| {
            let x = &x[images.start * image..images.end * image];
            match center {
                None => add_each(sizes.inner, x, sums),
                Some(center) => add_squares(sizes.inner, x, center, sums),
            }
        });
        out.iter_mut().for_each(|sum| *sum /= count);
    };
    average(mean, None);
    average(variance, Some(mean));
}

/// Adds to each channel's sum its elements.
#[simd]
fn add_each<T: Float>(inner: usize, x: &[T], sums: &mut [T]) {
    for x in x.chunks_exact((sums.len() * inner).max(1)) {
        if inner == 1 {
            for (sum, &x) in sums.iter_mut().zip(x) {
                *sum += x;
            }
            continue;
        }
        for (sum, x) in sums.iter_mut().zip(x.chunks_exact(inner)) {
            *sum += sum_of(x, |x| x);
        }
    }
}

/// Adds to each channel's sum the squares of its elements' distances from its center.
#[simd]
fn add_squares<T: Float>(inner: usize, x: &[T], center: &[T], sums: &mut [T]) {
    for x in x.chunks_exact((sums.len() * inner).max(1)) {
        if inner == 1 {
            for ((sum, &x), &center) in sums.iter_mut().zip(x).zip(center) {
                *sum += (x - center) * (x - center);
            }
            continue;
        }
        for ((sum, x), &center) in sums.iter_mut().zip(x.chunks_exact(inner)).zip(center) {
            *sum += sum_of(x, |x| (x - center) * (x - center));
        }
    }
}

/// `y = (x − center) · scale + shift`, each by channel.
pub(crate) fn affine<T: Float>(sizes: &Channels, x: &[T], vectors: [&[T]; 3], y: &mut [T]) {
    for_each_image(sizes, y, |start, y| {
        affine_images(sizes.inner, &x[start..start + y.len()], vectors, y);
    });
}

#[simd]
fn affine_images<T: Float>(inner: usize, x: &[T], [center, scale, shift]: [&[T]; 3], y: &mut [T]) {
    let image = center.len() * inner;
    for (x, y) in x.chunks_exact(image).zip(y.chunks_exact_mut(image)) {
        let vectors = center.iter().zip(scale).zip(shift);
        if inner == 1 {
            for ((y, &x), ((&center, &scale), &shift)) in y.iter_mut().zip(x).zip(vectors) {
                *y = (x - center) * scale + shift;
            }
            continue;
        }
        let runs = y.chunks_exact_mut(inner).zip(x.chunks_exact(inner));
        for ((y, x), ((&center, &scale), &shift)) in runs.zip(vectors) {
            for (y, &x) in y.iter_mut().zip(x) {
                *y = (x - center) * scale + shift;
            }
        }
    }
}

fn for_each_image<T: Float>(sizes: &Channels, y: &mut [T], f: impl Fn(usize, &mut [T]) + Sync) {
    if sizes.image() > 0 {
        parallel::for_each_part(y, sizes.image(), COST, f);
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
    let image = sizes.image();
    sum_in_chunks(sums, false, sizes.batch, image * COST, |images, sums| {
        let range = images.start * image..images.end * image;
        add_gradients(sizes.inner, [&x[range.clone()], &dy[range]], center, sums);
    });
}

#[simd]
fn add_gradients<T: Float>(inner: usize, [x, dy]: [&[T]; 2], center: &[T], sums: &mut [T]) {
    let image = (center.len() * inner).max(1);
    let (plain, centered) = sums.split_at_mut(center.len());
    for (x, dy) in x.chunks_exact(image).zip(dy.chunks_exact(image)) {
        let sums = plain.iter_mut().zip(centered.iter_mut()).zip(center);
        if inner == 1 {
            for (((sum, product), &center), (&x, &dy)) in sums.zip(x.iter().zip(dy)) {
                *sum += dy;
                *product += dy * (x - center);
            }
            continue;
        }
        let runs = x.chunks_exact(inner).zip(dy.chunks_exact(inner));
        for (((sum, product), &center), (x, dy)) in sums.zip(runs) {
            *sum += sum_of(dy, |dy| dy);
            *product += sum_of_pairs(x, dy, |x, dy| dy * (x - center));
        }
    }
}

/// `dx (+)= (dy − (x − center) · slope − offset) · scale`, each by channel; added to `dx` if
/// `accumulate`.
pub(crate) fn affine_dx<T: Float>(
    sizes: &Channels,
    [x, dy]: [&[T]; 2],
    vectors: [&[T]; 4],
    dx: &mut [T],
    accumulate: bool,
) {
    for_each_image(sizes, dx, |start, dx| {
        let range = start..start + dx.len();
        affine_dx_images(sizes.inner, [&x[range.clone()], &dy[range]], vectors, dx, accumulate);
    });
}

#[simd]
fn affine_dx_images<T: Float>(
    inner: usize,
    [x, dy]: [&[T]; 2],
    [center, slope, offset, scale]: [&[T]; 4],
    dx: &mut [T],
    accumulate: bool,
) {
    let image = center.len() * inner;
    let images = x.chunks_exact(image).zip(dy.chunks_exact(image));
    for (dx, (x, dy)) in dx.chunks_exact_mut(image).zip(images) {
        let runs = x.chunks_exact(inner).zip(dy.chunks_exact(inner));
        for (c, (dx, (x, dy))) in dx.chunks_exact_mut(inner).zip(runs).enumerate() {
            let (center, slope, offset, scale) = (center[c], slope[c], offset[c], scale[c]);
            for (dx, (&x, &dy)) in dx.iter_mut().zip(x.iter().zip(dy)) {
                let d = (dy - (x - center) * slope - offset) * scale;
                *dx = if accumulate { *dx + d } else { d };
            }
        }
    }
}
