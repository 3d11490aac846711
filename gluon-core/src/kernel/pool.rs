//! Pooling: the largest element, or the mean, of what a window sees.

use gluon_macros::simd;

use super::float::Float;
use super::parallel;
use super::reduce::{Reduce, reduce};
use super::window::{Positions, Window};
use crate::buffer::with_scratch;
use crate::shape::{Layout, MAX_RANK, Shape};

/// What becomes of the elements in a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Pool {
    /// The largest, NaN if one is.
    Max,
    /// Their mean; zeros of the border count if `include_padding`.
    Avg { include_padding: bool },
}

impl Pool {
    fn border<T: Float>(self) -> T {
        match self {
            Pool::Max => -T::INFINITY,
            Pool::Avg { .. } => T::ZERO,
        }
    }

    /// Runs `f` with how many elements are counted at each place, if a mean is asked for.
    fn with_counts<T: Float>(self, window: &Window, f: impl FnOnce(&[T])) {
        let Pool::Avg { include_padding } = self else { return f(&[]) };
        let count = |axis: usize, place: usize| {
            let (before, input) = (window.padding[axis], window.input[axis]);
            let (low, high) =
                if include_padding { (0, input + 2 * before) } else { (before, before + input) };
            let start = place * window.stride[axis];
            (start + window.kernel[axis]).min(high).saturating_sub(start.max(low))
        };
        let [depth, height, width] = window.output;
        with_scratch(window.outputs(), |counts| {
            let rows = (0..depth).flat_map(|d| (0..height).map(move |h| (d, h)));
            for ((d, h), counts) in rows.zip(counts.chunks_exact_mut(width.max(1))) {
                let row = count(0, d) * count(1, h);
                for (w, place) in counts.iter_mut().enumerate() {
                    *place = T::from_f64((row * count(2, w)) as f64);
                }
            }
            f(counts);
        });
    }
}

/// `y[place]` of what the window sees there, for each of many images.
///
/// # Shapes
/// `x: [images, input..]`, `y: [images, output..]`
pub(crate) fn pool<T: Float>(pool: Pool, x: &[T], y: &mut [T], positions: &Positions) {
    let window = &positions.window;
    let (inputs, outputs) = (window.inputs(), window.outputs());
    if y.is_empty() {
        return;
    }
    assert_eq!(x.len() / inputs, y.len() / outputs);
    if window.is_whole() {
        return whole(pool, x, y);
    }
    pool.with_counts::<T>(window, |counts| {
        parallel::for_each_part(y, outputs, 4 * window.taps(), |start, y| {
            with_scratch(window.plane().iter().product(), |plane| {
                let x = &x[start / outputs * inputs..];
                for (x, y) in x.chunks_exact(inputs).zip(y.chunks_exact_mut(outputs)) {
                    let plane = in_plane(window, x, pool.border(), plane);
                    y.fill(pool.border());
                    match pool {
                        Pool::Max => largest(positions, plane, y),
                        Pool::Avg { .. } => sum(positions, plane, y),
                    }
                    for (y, &count) in y.iter_mut().zip(counts) {
                        *y /= count;
                    }
                }
            });
        });
    });
}

/// [`pool`] of windows that see the whole image, by the sums and extremes of rows.
fn whole<T: Float>(pool: Pool, x: &[T], y: &mut [T]) {
    let inputs = x.len() / y.len();
    let rows = Layout::contiguous(Shape::from([y.len(), inputs]));
    let mut reduced = [false; MAX_RANK];
    reduced[1] = true;
    let op = if pool == Pool::Max { Reduce::Max } else { Reduce::Sum };
    reduce(op, x, &rows, reduced, y, false);
    if pool != Pool::Max {
        y.iter_mut().for_each(|y| *y /= T::from_f64(inputs as f64));
    }
}

/// `y = max(y, x)` of all that the window sees.
#[simd(avx512)]
fn largest<T: Float>(positions: &Positions, plane: &[T], y: &mut [T]) {
    combine(positions, plane, y, |y, x| y.maximum(x));
}

/// `y = y + x` of all that the window sees.
#[simd(avx512)]
fn sum<T: Float>(positions: &Positions, plane: &[T], y: &mut [T]) {
    combine(positions, plane, y, |y, x| y + x);
}

#[inline(always)]
fn combine<T: Float>(positions: &Positions, plane: &[T], y: &mut [T], f: impl Fn(T, T) -> T) {
    let &Positions { ref offsets, ref rows, places, step, .. } = positions;
    for (y, row) in y.chunks_exact_mut(places).zip(rows) {
        for offset in offsets {
            let seen = &plane[row + offset..];
            if step != 2 {
                for (y, &x) in y.iter_mut().zip(seen.iter().step_by(step)) {
                    *y = f(*y, x);
                }
                continue;
            }
            // A step known to the compiler: it loads vectors and takes every other element.
            let (pairs, _) = seen.as_chunks::<2>();
            for (y, [x, _]) in y.iter_mut().zip(pairs) {
                *y = f(*y, *x);
            }
            if let Some(y) = y.get_mut(pairs.len()) {
                *y = f(*y, seen[2 * pairs.len()]);
            }
        }
    }
}

/// The plane of an image: the image itself, or a copy with a border in `memory`.
fn in_plane<'p, T: Float>(
    window: &Window,
    image: &'p [T],
    border: T,
    memory: &'p mut [T],
) -> &'p [T] {
    if !window.is_padded() {
        return image;
    }
    window.pad(image, border, memory);
    memory
}

/// The gradient of the input of [`pool`]; that of a largest element goes to the first that is as
/// large. Added to `dx` if `accumulate`.
pub(crate) fn pool_grad<T: Float>(
    pool: Pool,
    x: &[T],
    y: &[T],
    dy: &[T],
    dx: &mut [T],
    accumulate: bool,
    positions: &Positions,
) {
    let window = &positions.window;
    let (inputs, outputs) = (window.inputs(), window.outputs());
    assert!(x.len() == dx.len() && y.len() == dy.len());
    if inputs == 0 {
        return;
    }
    let len: usize = window.plane().iter().product();
    let cost = (4 * window.taps() * outputs / inputs).max(1);
    pool.with_counts::<T>(window, |counts| {
        parallel::for_each_part(dx, inputs, cost, |start, dx| {
            with_scratch(2 * len, |memory| {
                let (memory, dplane) = memory.split_at_mut(len);
                for (i, dx) in dx.chunks_exact_mut(inputs).enumerate() {
                    let image = start / inputs + i;
                    let x = &x[image * inputs..][..inputs];
                    let range = image * outputs..(image + 1) * outputs;
                    let (y, dy) = (&y[range.clone()], &dy[range]);
                    if !accumulate {
                        dx.fill(T::ZERO);
                    }
                    if window.is_whole() {
                        whole_grad(pool, x, y[0], dy[0], dx);
                        continue;
                    }
                    let mut spread = |dplane: &mut [T]| match pool {
                        Pool::Max => {
                            let plane = in_plane(window, x, pool.border(), memory);
                            to_first(positions, plane, y, dy, dplane);
                        }
                        Pool::Avg { .. } => to_all(positions, counts, dy, dplane),
                    };
                    if window.is_padded() {
                        dplane.fill(T::ZERO);
                        spread(dplane);
                        window.add_cropped(dplane, dx);
                    } else {
                        spread(dx);
                    }
                }
            });
        });
    });
}

/// Adds the gradient of an image that a window sees as a whole.
fn whole_grad<T: Float>(pool: Pool, x: &[T], y: T, dy: T, dx: &mut [T]) {
    if pool != Pool::Max {
        let part = dy / T::from_f64(dx.len() as f64);
        dx.iter_mut().for_each(|dx| *dx += part);
    } else if let Some(first) = x.iter().position(|&x| x >= y || x.is_nan()) {
        dx[first] += dy;
    }
}

/// Adds each gradient to the first element of its window that equals the largest.
fn to_first<T: Float>(positions: &Positions, plane: &[T], y: &[T], dy: &[T], dplane: &mut [T]) {
    let &Positions { ref offsets, ref rows, places, step, .. } = positions;
    let gradients = y.chunks_exact(places).zip(dy.chunks_exact(places));
    for (row, (y, dy)) in rows.iter().zip(gradients) {
        for (place, (&y, &dy)) in y.iter().zip(dy).enumerate() {
            let first = row + place * step;
            // Backwards, without a branch that would be mispredicted at every other place.
            let mut at = 0;
            for &offset in offsets.iter().rev() {
                let x = plane[first + offset];
                at = if x >= y || x.is_nan() { offset } else { at };
            }
            dplane[first + at] += dy;
        }
    }
}

/// Adds to each element of a window its part of the gradient.
fn to_all<T: Float>(positions: &Positions, counts: &[T], dy: &[T], dplane: &mut [T]) {
    let &Positions { ref offsets, ref rows, places, step, .. } = positions;
    let gradients = counts.chunks_exact(places).zip(dy.chunks_exact(places));
    for (row, (counts, dy)) in rows.iter().zip(gradients) {
        for offset in offsets {
            let seen = dplane[row + offset..].iter_mut().step_by(step);
            for ((dx, &dy), &count) in seen.zip(dy).zip(counts) {
                *dx += dy / count;
            }
        }
    }
}
