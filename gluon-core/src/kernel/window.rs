//! Windows: what a convolution or a pooling sees of an image, and copies in and out of it.

use std::cell::RefCell;
use std::sync::Arc;

use gluon_macros::simd;

use super::float::Float;

/// How a window slides over an image of three axes; images of fewer have leading axes of size 1.
///
/// It reads from a *plane*: the image itself, or, where it sticks out of it, a copy with a border.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Window {
    /// The sizes of the image.
    pub(crate) input: [usize; 3],
    /// How many elements the window sees along each axis.
    pub(crate) kernel: [usize; 3],
    /// How far it moves at a time.
    pub(crate) stride: [usize; 3],
    /// How far apart the elements are that it sees.
    pub(crate) dilation: [usize; 3],
    /// How far it begins before the image.
    pub(crate) padding: [usize; 3],
    /// How many places it takes.
    pub(crate) output: [usize; 3],
}

impl Window {
    /// The number of elements that the window sees at once.
    pub(crate) fn taps(&self) -> usize {
        self.kernel.iter().product()
    }

    /// The number of elements of the image.
    pub(crate) fn inputs(&self) -> usize {
        self.input.iter().product()
    }

    /// The number of its places.
    pub(crate) fn outputs(&self) -> usize {
        self.output.iter().product()
    }

    /// Whether the window sees every element in one place, alone, and nothing else: columns of the
    /// image are the image.
    pub(crate) fn is_point(&self) -> bool {
        self.taps() == 1 && self.stride == [1; 3] && !self.is_padded()
    }

    /// Whether the window sees all of the image, in its only place.
    pub(crate) fn is_whole(&self) -> bool {
        self.kernel == self.input && !self.is_padded()
    }

    /// Whether it sees what is not in the image.
    pub(crate) fn is_padded(&self) -> bool {
        self.padding != [0; 3] || (0..3).any(|axis| self.extent(axis) > self.input[axis])
    }

    /// How many elements along an axis there are from the first to the last that it sees.
    fn extent(&self, axis: usize) -> usize {
        (self.output[axis].max(1) - 1) * self.stride[axis]
            + self.dilation[axis] * (self.kernel[axis] - 1)
            + 1
    }

    /// The sizes of the plane.
    pub(crate) fn plane(&self) -> [usize; 3] {
        if self.is_padded() { std::array::from_fn(|axis| self.extent(axis)) } else { self.input }
    }

    /// Where the elements of the window lie in the plane, from its first.
    pub(crate) fn offsets(&self) -> Vec<usize> {
        let step = |axis: usize| self.dilation[axis];
        grid(self.kernel, |at| self.offset(std::array::from_fn(|axis| at[axis] * step(axis))))
    }

    /// Where the window's first element lies in the plane at the first place of each row of places.
    pub(crate) fn rows(&self) -> Vec<usize> {
        let [depth, height, _] = self.output;
        let [deep, high, _] = self.stride;
        grid([depth, height, 1], |[d, h, _]| self.offset([d * deep, h * high, 0]))
    }

    fn offset(&self, [d, h, w]: [usize; 3]) -> usize {
        let [_, height, width] = self.plane();
        (d * height + h) * width + w
    }

    /// Calls `f` with pairs of a range of the plane and of the image, that show the same elements.
    fn for_each_shared_row(&self, mut f: impl FnMut(usize, usize, usize)) {
        let plane = self.plane();
        let len =
            |axis: usize| self.input[axis].min(plane[axis].saturating_sub(self.padding[axis]));
        for d in 0..len(0) {
            for h in 0..len(1) {
                let [pad_d, pad_h, pad_w] = self.padding;
                let image = (d * self.input[1] + h) * self.input[2];
                f(self.offset([d + pad_d, h + pad_h, pad_w]), image, len(2));
            }
        }
    }

    /// Copies an image into a plane, whose border becomes `border`.
    pub(crate) fn pad<T: Float>(&self, image: &[T], border: T, plane: &mut [T]) {
        plane.fill(border);
        self.for_each_shared_row(|to, from, len| {
            plane[to..][..len].copy_from_slice(&image[from..][..len]);
        });
    }

    /// Adds what a plane has of an image to the image.
    pub(crate) fn add_cropped<T: Float>(&self, plane: &[T], image: &mut [T]) {
        self.for_each_shared_row(|from, to, len| {
            for (image, &plane) in image[to..][..len].iter_mut().zip(&plane[from..][..len]) {
                *image += plane;
            }
        });
    }
}

fn grid(sizes: [usize; 3], f: impl Fn([usize; 3]) -> usize) -> Vec<usize> {
    let [depth, height, width] = sizes;
    let mut all = Vec::with_capacity(depth * height * width);
    for d in 0..depth {
        for h in 0..height {
            for w in 0..width {
                all.push(f([d, h, w]));
            }
        }
    }
    all
}

/// Where a window finds its elements in a plane, worked out once for many images.
#[derive(Debug)]
pub(crate) struct Positions {
    pub(crate) window: Window,
    /// Of each element of the window.
    pub(crate) offsets: Vec<usize>,
    /// Of each row of places.
    pub(crate) rows: Vec<usize>,
    /// The number of places in a row, and the distance between them in the plane.
    pub(crate) places: usize,
    pub(crate) step: usize,
}

/// The windows whose positions wait in one thread for their next use.
const MOST_KEPT: usize = 64;

thread_local! {
    static KEPT: RefCell<Vec<Arc<Positions>>> = const { RefCell::new(Vec::new()) };
}

impl Positions {
    /// Those of `window`, worked out anew only if many others were used since the last time.
    pub(crate) fn of(window: &Window) -> Arc<Positions> {
        let known = |kept: &RefCell<Vec<Arc<Positions>>>| {
            let mut kept = kept.borrow_mut();
            if let Some(positions) = kept.iter().find(|positions| positions.window == *window) {
                return Arc::clone(positions);
            }
            let positions = Arc::new(Positions::new(window));
            if kept.len() == MOST_KEPT {
                kept.remove(0);
            }
            kept.push(Arc::clone(&positions));
            positions
        };
        KEPT.try_with(known).unwrap_or_else(|_| Arc::new(Positions::new(window)))
    }

    fn new(window: &Window) -> Positions {
        let [_, _, places] = window.output;
        let [_, _, step] = window.stride;
        Positions { window: *window, offsets: window.offsets(), rows: window.rows(), places, step }
    }

    /// `columns[tap, place]`: what each element of the window sees in each place of some of the
    /// [`rows`](Positions::rows).
    pub(crate) fn unfold<T: Float>(&self, rows: &[usize], plane: &[T], columns: &mut [T]) {
        unfold(self, rows, plane, columns);
    }

    /// Adds each of the columns to where `unfold` takes it from.
    pub(crate) fn fold<T: Float>(&self, rows: &[usize], columns: &[T], plane: &mut [T]) {
        fold(self, rows, columns, plane);
    }
}

#[simd]
fn unfold<T: Float>(positions: &Positions, rows: &[usize], plane: &[T], columns: &mut [T]) {
    let &Positions { ref offsets, places, step, .. } = positions;
    macro_rules! each {
        (|$seen:ident, $columns:ident| $copy:expr) => {{
            let mut columns = columns.chunks_exact_mut(places.max(1));
            for offset in offsets {
                for (row, $columns) in rows.iter().zip(&mut columns) {
                    let $seen = &plane[offset + row..];
                    $copy;
                }
            }
        }};
    }
    // Short rows are copied by their ends: a loop would become a call of `memmove`, which takes longer
    // than so few elements.
    match (step, places) {
        (1, 4..=8) => each!(|seen, columns| copy_ends::<T, 4>(seen, columns)),
        (1, 9..=16) => each!(|seen, columns| copy_ends::<T, 8>(seen, columns)),
        (1, 17..=32) => each!(|seen, columns| copy_ends::<T, 16>(seen, columns)),
        (1, 33..=64) => each!(|seen, columns| copy_ends::<T, 32>(seen, columns)),
        (1, places) => each!(|seen, columns| columns.copy_from_slice(&seen[..places])),
        // A step known to the compiler: it loads vectors and takes every other element.
        (2, _) => each!(|seen, columns| {
            let (pairs, _) = seen.as_chunks::<2>();
            for (column, [seen, _]) in columns.iter_mut().zip(pairs) {
                *column = *seen;
            }
            if let Some(column) = columns.get_mut(pairs.len()) {
                *column = seen[2 * pairs.len()];
            }
        }),
        (step, _) => each!(|seen, columns| {
            for (column, &seen) in columns.iter_mut().zip(seen.iter().step_by(step)) {
                *column = seen;
            }
        }),
    }
}

/// Copies the first and the last `N` elements that `to` has room for, which is `N` to `2 N`.
#[inline(always)]
fn copy_ends<T: Copy, const N: usize>(from: &[T], to: &mut [T]) {
    let rest = to.len() - N;
    to[..N].copy_from_slice(&from[..N]);
    to[rest..].copy_from_slice(&from[rest..][..N]);
}

#[simd]
fn fold<T: Float>(positions: &Positions, rows: &[usize], columns: &[T], plane: &mut [T]) {
    let &Positions { ref offsets, places, step, .. } = positions;
    let mut columns = columns.chunks_exact(places.max(1));
    for offset in offsets {
        for (row, columns) in rows.iter().zip(&mut columns) {
            let seen = &mut plane[offset + row..];
            if step == 1 {
                for (seen, &column) in seen.iter_mut().zip(columns) {
                    *seen += column;
                }
            } else {
                for (seen, &column) in seen.iter_mut().step_by(step).zip(columns) {
                    *seen += column;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_copies_are_whole() {
        let from: Vec<u8> = (1..=80).collect();
        for len in 8..=16 {
            let mut to = vec![0; len];
            copy_ends::<u8, 8>(&from, &mut to);
            assert_eq!(to, from[..len]);
        }
    }

    fn window(width: usize, stride: usize, dilation: usize, padding: usize) -> Window {
        let covered = dilation + 1;
        let places = (width + 2 * padding - covered) / stride + 1;
        Window {
            input: [1, 3, width],
            kernel: [1, 2, 2],
            stride: [1, 1, stride],
            dilation: [1, 1, dilation],
            padding: [0, 0, padding],
            output: [1, 2, places],
        }
    }

    #[test]
    fn positions_are_those_of_the_window_however_many_were_used() {
        for width in (3..3 + 2 * MOST_KEPT).chain(3..10) {
            let window = window(width, 1, 1, 0);
            let (kept, new) = (Positions::of(&window), Positions::new(&window));
            assert_eq!(
                (&kept.offsets, &kept.rows, kept.places),
                (&new.offsets, &new.rows, new.places)
            );
        }
        assert!(KEPT.with_borrow(Vec::len) <= MOST_KEPT);
    }

    fn plane(window: &Window, image: &[f64]) -> Vec<f64> {
        let mut plane = vec![f64::NAN; window.plane().iter().product()];
        window.pad(image, 0.0, &mut plane);
        plane
    }

    #[test]
    fn columns_hold_what_the_window_sees_and_folding_is_the_transpose() {
        for width in (3..22).chain([32, 33, 34, 40, 64, 65, 66, 67, 80]) {
            for (stride, dilation, padding) in [(1, 1, 0), (1, 2, 1), (2, 1, 1), (3, 2, 0)] {
                let window = window(width, stride, dilation, padding);
                let [_, _, places] = window.output;
                let image: Vec<f64> = (0..window.inputs()).map(|i| i as f64 + 1.0).collect();
                let plane = plane(&window, &image);
                let positions = Positions::of(&window);
                let mut columns = vec![f64::NAN; window.taps() * window.outputs()];
                positions.unfold(&positions.rows, &plane, &mut columns);
                for (i, &found) in columns.iter().enumerate() {
                    let (place, row, tap) = (i % places, i / places % 2, i / places / 2);
                    let at = (place * stride + tap % 2 * dilation).checked_sub(padding);
                    let at = at.filter(|&at| at < width);
                    let expected = at.map_or(0.0, |at| image[(row + tap / 2) * width + at]);
                    assert_eq!(found, expected, "{window:?} {i}");
                }

                let weights: Vec<f64> = (0..columns.len()).map(|i| (i % 7) as f64).collect();
                let mut folded = vec![0.0; plane.len()];
                positions.fold(&positions.rows, &weights, &mut folded);
                let mut back = vec![0.0; image.len()];
                window.add_cropped(&folded, &mut back);
                let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
                assert_eq!(dot(&columns, &weights), dot(&image, &back), "{window:?}");
            }
        }
    }
}
