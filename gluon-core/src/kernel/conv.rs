//! Convolutions of images of up to three axes, as products of matrices.
//!
//! What the kernel sees of an image is laid out in columns, one for each place; the product of the
//! weight with them is the image's output. That is done for a block of places at a time, and images
//! are worked on one by one and at once, each with memory that its thread keeps.

use std::sync::Arc;

use super::activation::{Activation, slopes};
use super::chunks::sum_in_chunks;
use super::dense::finish;
use super::float::Float;
use super::gemm::gemm;
use super::matrix::{Matrix, MatrixMut};
use super::parallel;
use super::sum::sum_of;
use super::window::{Positions, Window};
use crate::buffer::with_scratch;

/// Columns of so many bytes are laid out at once: they lie in the second cache.
const BLOCK: usize = 1 << 19;

/// The sizes of a convolution.
#[derive(Clone, Debug)]
pub(crate) struct Conv {
    pub(crate) batch: usize,
    /// Channels are cut into so many groups, each convolved alone.
    pub(crate) groups: usize,
    pub(crate) in_channels: usize,
    pub(crate) out_channels: usize,
    pub(crate) positions: Arc<Positions>,
}

impl Conv {
    fn window(&self) -> &Window {
        &self.positions.window
    }

    /// Elements of an image before and after.
    fn image(&self) -> [usize; 2] {
        let (Conv { in_channels, out_channels, .. }, window) = (self, self.window());
        [in_channels * window.inputs(), out_channels * window.outputs()]
    }

    /// The weight of a group as a matrix: output channels, and what one output sees.
    fn matrix(&self) -> [usize; 2] {
        let channels = self.in_channels / self.groups;
        [self.out_channels / self.groups, channels * self.window().taps()]
    }

    fn weights(&self) -> usize {
        let [rows, seen] = self.matrix();
        self.groups * rows * seen
    }

    /// Elements of a channel as the window reads it.
    fn plane(&self) -> usize {
        self.window().plane().iter().product()
    }

    /// How many rows of places are laid out in columns at once, to be still near when they are
    /// multiplied; more if the weight is large, as each block reads all of it.
    fn rows_at_once<T>(&self) -> usize {
        let block = BLOCK.max(self.weights() / self.groups * size_of::<T>());
        let [_, seen] = self.matrix();
        let row = seen * self.positions.places * size_of::<T>();
        (block / row.max(1)).max(1)
    }

    /// The work of an image, in the units of [`parallel`].
    fn cost(&self) -> usize {
        let [_, seen] = self.matrix();
        self.image()[1] * (seen / 4 + 1)
    }
}

/// Memory for the columns of a block of places, of one group of channels.
struct Columns<'s, T> {
    conv: &'s Conv,
    /// The channels with a border, if the window sees one.
    planes: &'s mut [T],
    columns: &'s mut [T],
}

impl<T: Float> Columns<'_, T> {
    /// Runs `f` with memory for the columns of `conv`.
    fn with<R>(conv: &Conv, f: impl FnOnce(Columns<'_, T>) -> R) -> R {
        let window = conv.window();
        let (channels, [_, seen]) = (conv.in_channels / conv.groups, conv.matrix());
        let planes = if window.is_padded() { channels * conv.plane() } else { 0 };
        let rows = conv.rows_at_once::<T>().min(conv.positions.rows.len());
        let columns = if window.is_point() { 0 } else { seen * rows * conv.positions.places };
        with_scratch(planes + columns, |scratch| {
            let (planes, columns) = scratch.split_at_mut(planes);
            f(Columns { conv, planes, columns })
        })
    }

    /// Calls `f` with the columns of the channels `x` of one group, those of a block of places at a
    /// time, and the first of these places.
    fn each(&mut self, x: &[T], mut f: impl FnMut(usize, Matrix<'_, T>)) {
        let Conv { positions, .. } = self.conv;
        let (window, [_, seen]) = (&positions.window, self.conv.matrix());
        if window.is_point() {
            return f(0, Matrix::new(x, [seen, window.outputs()]));
        }
        let size = self.conv.plane();
        let mut planes = x;
        if window.is_padded() {
            for (x, plane) in x.chunks(window.inputs()).zip(self.planes.chunks_mut(size)) {
                window.pad(x, T::ZERO, plane);
            }
            planes = self.planes;
        }
        let rows_at_once = self.conv.rows_at_once::<T>();
        for (at, rows) in positions.rows.chunks(rows_at_once).enumerate() {
            let places = rows.len() * positions.places;
            let columns = &mut self.columns[..seen * places];
            let channels = columns.chunks_exact_mut(window.taps() * places);
            for (plane, columns) in planes.chunks_exact(size).zip(channels) {
                positions.unfold(rows, plane, columns);
            }
            f(at * rows_at_once * positions.places, Matrix::new(columns, [seen, places]));
        }
    }

    /// Adds columns that `fill` writes, or adds if it is told to, to the channels `dx` that they are
    /// columns of, block by block as for [`each`](Columns::each).
    fn add_to(&mut self, dx: &mut [T], mut fill: impl FnMut(usize, MatrixMut<'_, T>, bool)) {
        let Conv { positions, .. } = self.conv;
        let (window, [_, seen]) = (&positions.window, self.conv.matrix());
        if window.is_point() {
            return fill(0, MatrixMut::new(dx, [seen, window.outputs()]), true);
        }
        let size = self.conv.plane();
        let planes = if window.is_padded() {
            self.planes.fill(T::ZERO);
            &mut *self.planes
        } else {
            &mut *dx
        };
        let rows_at_once = self.conv.rows_at_once::<T>();
        for (at, rows) in positions.rows.chunks(rows_at_once).enumerate() {
            let places = rows.len() * positions.places;
            let columns = &mut self.columns[..seen * places];
            let first = at * rows_at_once * positions.places;
            fill(first, MatrixMut::new(columns, [seen, places]), false);
            let channels = columns.chunks_exact(window.taps() * places);
            for (plane, columns) in planes.chunks_exact_mut(size).zip(channels) {
                positions.fold(rows, columns, plane);
            }
        }
        if window.is_padded() {
            for (plane, dx) in self.planes.chunks(size).zip(dx.chunks_mut(window.inputs())) {
                window.add_cropped(plane, dx);
            }
        }
    }
}

/// `y = act(W ∗ x + b)`: each output is the sum of what the kernel sees, weighted. Without bias and
/// activation it is added to `y` if `accumulate`.
///
/// # Shapes
/// `x: [batch, in_channels, input..]`, `w: [out_channels, in_channels / groups, kernel..]`,
/// `bias: [out_channels]`, `y: [batch, out_channels, output..]`
pub(crate) fn conv<T: Float>(
    x: &[T],
    w: &[T],
    bias: Option<&[T]>,
    activation: Option<Activation>,
    y: &mut [T],
    accumulate: bool,
    conv: &Conv,
) {
    let ([before, after], [rows, seen]) = (conv.image(), conv.matrix());
    assert!(x.len() == conv.batch * before && y.len() == conv.batch * after);
    assert!(w.len() == conv.weights());
    if after == 0 {
        return;
    }
    let outputs = conv.window().outputs();
    let accumulate = accumulate || bias.is_some();
    parallel::for_each_part(y, after, conv.cost() / after, |start, y| {
        Columns::with(conv, |mut columns| {
            for (x, y) in x[start / after * before..].chunks(before).zip(y.chunks_exact_mut(after))
            {
                start_with(bias, outputs, y);
                let groups = y.chunks_exact_mut(rows * outputs).zip(w.chunks_exact(rows * seen));
                for ((y, w), x) in groups.zip(x.chunks_exact(before / conv.groups)) {
                    columns.each(x, |first, columns| {
                        let dims = [rows, columns.dims()[1]];
                        let y = MatrixMut::strided(&mut y[first..], dims, [outputs, 1]);
                        gemm(Matrix::new(w, [rows, seen]), columns, accumulate, y);
                    });
                }
                activate(activation, y);
            }
        });
    });
}

/// Fills each channel of an image with its bias, if there is one.
fn start_with<T: Float>(bias: Option<&[T]>, outputs: usize, y: &mut [T]) {
    for (y, &bias) in y.chunks_exact_mut(outputs).zip(bias.unwrap_or_default()) {
        y.fill(bias);
    }
}

fn activate<T: Float>(activation: Option<Activation>, y: &mut [T]) {
    if activation.is_some() {
        finish(None, activation, 1, y);
    }
}

/// `dx (+)= Wᵀ ∗ dy`: the gradient of the input of [`conv`], and the convolution that is called
/// transposed, whose bias and activation apply to `dx`; without them it is added to `dx` if
/// `accumulate`.
///
/// # Shapes
/// As for [`conv`]; `bias: [in_channels]`.
pub(crate) fn conv_transposed<T: Float>(
    dy: &[T],
    w: &[T],
    bias: Option<&[T]>,
    activation: Option<Activation>,
    dx: &mut [T],
    accumulate: bool,
    conv: &Conv,
) {
    let ([before, after], [rows, seen]) = (conv.image(), conv.matrix());
    assert!(dx.len() == conv.batch * before && dy.len() == conv.batch * after);
    assert!(w.len() == conv.weights());
    if before == 0 {
        return;
    }
    let outputs = conv.window().outputs();
    parallel::for_each_part(dx, before, conv.cost() / before + 1, |start, dx| {
        Columns::with(conv, |mut columns| {
            for (i, dx) in dx.chunks_exact_mut(before).enumerate() {
                let dy = &dy[(start / before + i) * after..][..after];
                if !accumulate {
                    dx.fill(T::ZERO);
                }
                start_with(bias, conv.window().inputs(), dx);
                let groups = dx.chunks_exact_mut(before / conv.groups).zip(w.chunks(rows * seen));
                for ((dx, w), dy) in groups.zip(dy.chunks(rows * outputs)) {
                    let (w, dy) = (Matrix::new(w, [rows, seen]), Matrix::new(dy, [rows, outputs]));
                    columns.add_to(dx, |first, columns, accumulate| {
                        gemm(w.t(), dy.columns(first, columns.dims()[1]), accumulate, columns);
                    });
                }
                activate(activation, dx);
            }
        });
    });
}

/// `dw (+)= Σ dy ∗ x` over the batch; added to `dw` if `accumulate`.
///
/// # Shapes
/// As for [`conv`].
pub(crate) fn conv_dw<T: Float>(x: &[T], dy: &[T], dw: &mut [T], accumulate: bool, conv: &Conv) {
    let ([before, after], [rows, seen]) = (conv.image(), conv.matrix());
    assert!(x.len() == conv.batch * before && dy.len() == conv.batch * after);
    assert!(dw.len() == conv.weights());
    let outputs = conv.window().outputs();
    sum_in_chunks(dw, accumulate, conv.batch, conv.cost(), |images, dw| {
        Columns::with(conv, |mut columns| {
            for image in images {
                let (x, dy) = (&x[image * before..][..before], &dy[image * after..][..after]);
                let groups = dw.chunks_exact_mut(rows * seen).zip(dy.chunks(rows * outputs));
                for ((dw, dy), x) in groups.zip(x.chunks(before / conv.groups)) {
                    let dy = Matrix::new(dy, [rows, outputs]);
                    columns.each(x, |first, columns| {
                        let dy = dy.columns(first, columns.dims()[1]);
                        gemm(dy, columns.t(), true, MatrixMut::new(dw, [rows, seen]));
                    });
                }
            }
        });
    });
}

/// `dy · act′(y)` in the place of `dy`.
pub(crate) fn conv_dz<T: Float>(activation: Activation, y: &[T], dy: &mut [T]) {
    assert_eq!(y.len(), dy.len());
    parallel::for_each_part(dy, 1, activation.cost(), |start, dy| {
        slopes(activation, &y[start..][..dy.len()], dy);
    });
}

/// `db (+)= Σ dy` over the batch and the places of each channel.
///
/// # Shapes
/// `dy: [batch, channels, places]`, `db: [channels]`
pub(crate) fn conv_db<T: Float>(dy: &[T], db: &mut [T], accumulate: bool, places: usize) {
    let channels = db.len();
    let terms = dy.len() / (channels * places).max(1);
    sum_in_chunks(db, accumulate, terms, channels * places, |images, db| {
        let dy = &dy[images.start * channels * places..images.end * channels * places];
        for dy in dy.chunks_exact((channels * places).max(1)) {
            for (db, dy) in db.iter_mut().zip(dy.chunks_exact(places)) {
                *db += sum_of(dy, |dy| dy);
            }
        }
    });
}
