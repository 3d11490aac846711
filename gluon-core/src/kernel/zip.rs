//! Zips: functions of two elements, and their derivatives.

use gluon_macros::simd;

use super::float::Float;
use super::layout;
use super::parallel;
use super::walk::{Walk, at};
use crate::buffer::with_scratch;
use crate::dtype::Element;
use crate::shape::Layout;

/// A function of two elements. Comparisons give 1 or 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    /// `xʸ`
    Pow,
    /// NaN if either is, and the gradient goes to both; at a tie it goes to the left operand. The same
    /// holds of `Min`.
    Max,
    Min,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// One of the two operands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// Rows of an operand, as many and as long as those of the output.
struct Rows<'a, T> {
    data: &'a [T],
    start: usize,
    /// How far apart the rows begin.
    stride: isize,
    /// How far apart the elements of a row are: 1, or 0 for the same element throughout.
    step: isize,
}

/// A row of an operand.
enum Row<'a, T> {
    /// One element after another.
    Slice(&'a [T]),
    /// The same element throughout.
    Scalar(T),
}

impl<'a, T: Float> Rows<'a, T> {
    /// Rows of `len` elements, one after another.
    fn contiguous(data: &'a [T], len: usize) -> Rows<'a, T> {
        Rows { data, start: 0, stride: len as isize, step: 1 }
    }

    /// What begins at the element `skip` of the row `i`.
    #[inline]
    fn from(&self, i: usize, skip: usize) -> Rows<'a, T> {
        let start = at(at(self.start, self.stride, i), self.step, skip);
        Rows { start, ..*self }
    }

    /// The first `len` elements of the row `i`.
    #[inline(always)]
    fn row(&self, i: usize, len: usize) -> Row<'a, T> {
        let start = at(self.start, self.stride, i);
        if self.step == 0 {
            Row::Scalar(self.data[start])
        } else {
            Row::Slice(&self.data[start..][..len])
        }
    }

    /// The first `len` elements one after another, in `memory` if they do not lie so.
    #[inline]
    fn elements(&self, len: usize, memory: &'a mut [T]) -> &'a [T] {
        match self.row(0, len) {
            Row::Slice(data) => data,
            Row::Scalar(value) => {
                memory[..len].fill(value);
                &memory[..len]
            }
        }
    }
}

/// `out = x op y`, for layouts of `out`'s shape, which may broadcast.
pub(crate) fn binary<T: Float>(
    op: Binary,
    (x, x_layout): (&[T], &Layout),
    (y, y_layout): (&[T], &Layout),
    out: &mut [T],
) {
    for_each_block((x, x_layout), (y, y_layout), out, op.cost(), &|x, y, len, _, out| {
        zip(op, x, y, len, out)
    });
}

/// `dx (+)= dz · ∂(x op y)/∂side`, for layouts of the shape of `dz` and `dx`, which may broadcast.
///
/// The gradient of a broadcast operand is `dx` summed over the axes along which it broadcasts.
pub(crate) fn binary_grad<T: Float>(
    op: Binary,
    side: Side,
    (x, x_layout): (&[T], &Layout),
    (y, y_layout): (&[T], &Layout),
    dz: &[T],
    dx: &mut [T],
    accumulate: bool,
) {
    assert_eq!(dz.len(), dx.len());
    for_each_block((x, x_layout), (y, y_layout), dx, op.cost(), &|x, y, len, start, dx| {
        let dz = Rows::contiguous(&dz[start..], len);
        if !accumulate {
            return slopes(op, side, x, y, &dz, len, dx);
        }
        // What is added to `dx` is made of whole rows, or of parts of one that is long.
        let rows = (PART / len).max(1);
        for (i, dx) in dx.chunks_mut(rows * len).enumerate() {
            write_or_add(dx, accumulate, |skip, dx| {
                let [x, y, dz] = [x, y, &dz].map(|operand| operand.from(i * rows, skip));
                slopes(op, side, &x, &y, &dz, len.min(dx.len()), dx);
            });
        }
    });
}

/// So much is written before it is added, near the processor.
const PART: usize = 512;

/// Lets `write(start, part)` write parts of `dx`, or adds what it writes to them if `accumulate`.
///
/// A loop that writes and one that adds would be twice the code.
pub(super) fn write_or_add<T: Float>(
    dx: &mut [T],
    accumulate: bool,
    write: impl Fn(usize, &mut [T]),
) {
    if !accumulate {
        return write(0, dx);
    }
    let mut part = [T::ZERO; PART];
    for (i, dx) in dx.chunks_mut(PART).enumerate() {
        let part = &mut part[..dx.len()];
        write(i * PART, part);
        add(T::ONE, part, dx);
    }
}

/// What is done to some rows of the operands and the output.
type BlockLoop<'f, T> = dyn Fn(&Rows<'_, T>, &Rows<'_, T>, usize, usize, &mut [T]) + Sync + 'f;

/// Calls `f(x_rows, y_rows, len, start, out)` on parts of `out` that are rows of `len` elements, and on
/// the rows of the operands there.
fn for_each_block<T: Float>(
    (x, x_layout): (&[T], &Layout),
    (y, y_layout): (&[T], &Layout),
    out: &mut [T],
    cost: usize,
    f: &BlockLoop<'_, T>,
) {
    assert!(x_layout.shape == y_layout.shape && x_layout.shape.size() == out.len());
    if out.is_empty() {
        return;
    }
    let walk = Walk::new([x_layout, y_layout]);
    // Rows of elements that lie apart would take a line of the cache for each.
    let apart = |step| step != 0 && step != 1;
    if walk.steps.into_iter().any(apart) {
        let whole = Layout::contiguous(x_layout.shape);
        return with_scratch(out.len(), |copy| {
            if apart(walk.steps[0]) {
                layout::copy(x, x_layout, copy);
                for_each_block((copy, &whole), (y, y_layout), out, cost, f);
            } else {
                layout::copy(y, y_layout, copy);
                for_each_block((x, x_layout), (copy, &whole), out, cost, f);
            }
        });
    }
    let (len, matrices) = (walk.len, walk.matrices());
    // The rows from `row` on of a matrix that begins at `starts`, without their first elements.
    let rows = |starts: [usize; 2], row: usize, skip: usize| {
        let operand = |data, i: usize| {
            let (stride, step) = (matrices.strides[i], walk.steps[i]);
            Rows { data, start: at(at(starts[i], stride, row), step, skip), stride, step }
        };
        (operand(x, 0), operand(y, 1))
    };
    // One row is cut anywhere, several at their bounds.
    if len == out.len() {
        return parallel::for_each_part(out, 1, cost, |start, out| {
            let (x, y) = rows(walk.start, 0, start);
            f(&x, &y, out.len(), start, out);
        });
    }
    parallel::for_each_part(out, len, cost, |start, out| {
        let (first, height) = (start / len, matrices.rows);
        let end = first + out.len() / len;
        for (matrix, starts) in matrices.starts(first / height..end.div_ceil(height)) {
            // The rows of the matrix that are rows of this part.
            let top = matrix * height;
            let part = top.max(first)..(top + height).min(end);
            let (x, y) = rows(starts, part.start - top, 0);
            let range = (part.start - first) * len..(part.end - first) * len;
            f(&x, &y, len, start + range.start, &mut out[range]);
        }
    });
}

impl Binary {
    /// The work of one element, in the units of [`parallel`].
    fn cost(self) -> usize {
        if self == Binary::Pow { 64 } else { 1 }
    }
}

/// `out = x op y` for rows of `len` elements.
fn zip<T: Float>(op: Binary, x: &Rows<'_, T>, y: &Rows<'_, T>, len: usize, out: &mut [T]) {
    match op {
        Binary::Pow => each(x, y, len, out, |x, y| x.powf(y)),
        Binary::Eq => each(x, y, len, out, |x, y| T::truth(x == y)),
        Binary::Ne => each(x, y, len, out, |x, y| T::truth(x != y)),
        Binary::Lt => each(x, y, len, out, |x, y| T::truth(x < y)),
        Binary::Le => each(x, y, len, out, |x, y| T::truth(x <= y)),
        Binary::Gt => each(x, y, len, out, |x, y| T::truth(x > y)),
        Binary::Ge => each(x, y, len, out, |x, y| T::truth(x >= y)),
        _ => arithmetic(op, x, y, len, out),
    }
}

/// The functions of [`zip`] that are worth a version for each set of vector instructions.
#[simd]
fn arithmetic<T: Float>(op: Binary, x: &Rows<'_, T>, y: &Rows<'_, T>, len: usize, out: &mut [T]) {
    match op {
        Binary::Add => each(x, y, len, out, |x, y| x + y),
        Binary::Sub => each(x, y, len, out, |x, y| x - y),
        Binary::Mul => each(x, y, len, out, |x, y| x * y),
        Binary::Div => each(x, y, len, out, |x, y| x / y),
        Binary::Max => each(x, y, len, out, |x, y| x.maximum(y)),
        Binary::Min => each(x, y, len, out, |x, y| x.minimum(y)),
        _ => unreachable!("`zip` computes the others"),
    }
}

#[inline(always)]
fn each<T: Float>(
    x: &Rows<'_, T>,
    y: &Rows<'_, T>,
    len: usize,
    out: &mut [T],
    f: impl Fn(T, T) -> T,
) {
    for (i, out) in out.chunks_exact_mut(len).enumerate() {
        match (x.row(i, len), y.row(i, len)) {
            (Row::Slice(x), Row::Slice(y)) => {
                for ((z, &x), &y) in out.iter_mut().zip(x).zip(y) {
                    *z = f(x, y);
                }
            }
            (Row::Slice(x), Row::Scalar(y)) => {
                for (z, &x) in out.iter_mut().zip(x) {
                    *z = f(x, y);
                }
            }
            (Row::Scalar(x), Row::Slice(y)) => {
                for (z, &y) in out.iter_mut().zip(y) {
                    *z = f(x, y);
                }
            }
            (Row::Scalar(x), Row::Scalar(y)) => out.fill(f(x, y)),
        }
    }
}

/// `dx = dz · ∂(x op y)/∂side` for rows of `len` elements.
fn slopes<T: Float>(
    op: Binary,
    side: Side,
    x: &Rows<'_, T>,
    y: &Rows<'_, T>,
    dz: &Rows<'_, T>,
    len: usize,
    dx: &mut [T],
) {
    /// A row of one element throughout is as many of it, so that one loop is enough.
    const PIECE: usize = 128;
    match (op, side) {
        (Binary::Mul, Side::Left) => return arithmetic(Binary::Mul, dz, y, len, dx),
        (Binary::Mul, Side::Right) => return arithmetic(Binary::Mul, dz, x, len, dx),
        (Binary::Div, Side::Left) => return arithmetic(Binary::Div, dz, y, len, dx),
        _ => {}
    }
    let write = |i, skip, dx: &mut [T], x_memory: &mut [T], y_memory: &mut [T]| {
        let (len, [x, y, dz]) = (dx.len(), [x, y, dz].map(|operand| operand.from(i, skip)));
        let (x, y) = (x.elements(len, x_memory), y.elements(len, y_memory));
        slope(op, side, x, y, dz.elements(len, &mut []), dx);
    };
    let rows = dx.chunks_exact_mut(len).enumerate();
    if x.step == 1 && y.step == 1 {
        return rows.for_each(|(i, dx)| write(i, 0, dx, &mut [], &mut []));
    }
    let [mut x_piece, mut y_piece] = [[T::ZERO; PIECE]; 2];
    for (i, dx) in rows {
        for (j, dx) in dx.chunks_mut(PIECE).enumerate() {
            write(i, j * PIECE, dx, &mut x_piece, &mut y_piece);
        }
    }
}

#[simd]
fn slope<T: Float>(op: Binary, side: Side, x: &[T], y: &[T], dz: &[T], dx: &mut [T]) {
    macro_rules! each {
        (|$x:pat_param, $y:pat_param, $dz:pat_param| $value:expr) => {
            for (((dx, &$dz), &$x), &$y) in dx.iter_mut().zip(dz).zip(x).zip(y) {
                *dx = $value;
            }
        };
    }
    let (zero, one) = (T::ZERO, T::ONE);
    match (op, side) {
        (Binary::Add, _) | (Binary::Sub, Side::Left) => dx.copy_from_slice(dz),
        (Binary::Sub, Side::Right) => each!(|_, _, dz| -dz),
        // y² is out of range sooner than the quotient.
        (Binary::Div, Side::Right) => each!(|x, y, dz| dz * (-(x / y) / y)),
        // x⁰ is flat, also where another power would be infinite.
        (Binary::Pow, Side::Left) => {
            each!(|x, y, dz| if y == zero { zero } else { dz * (y * x.powf(y - one)) });
        }
        // 0ʸ is flat in y; a negative base has no derivative, and ln makes it NaN.
        (Binary::Pow, Side::Right) => {
            each!(|x, y, dz| if x == zero { zero } else { dz * (x.powf(y) * x.ln::<FMA>()) });
        }
        (Binary::Max, Side::Left) => each!(|x, y, dz| if x < y { zero } else { dz }),
        (Binary::Max, Side::Right) => each!(|x, y, dz| if x >= y { zero } else { dz }),
        (Binary::Min, Side::Left) => each!(|x, y, dz| if x > y { zero } else { dz }),
        (Binary::Min, Side::Right) => each!(|x, y, dz| if x <= y { zero } else { dz }),
        (Binary::Eq | Binary::Ne | Binary::Lt | Binary::Le | Binary::Gt | Binary::Ge, _) => {
            dx.fill(zero);
        }
        (Binary::Mul, _) | (Binary::Div, Side::Left) => unreachable!("`slopes` computes these"),
    }
}

/// `y += x`
pub(crate) fn add_assign<T: Float>(y: &mut [T], x: &[T]) {
    axpy(T::ONE, x, y);
}

/// `y += alpha · x`
pub(crate) fn axpy<T: Float>(alpha: T, x: &[T], y: &mut [T]) {
    assert_eq!(x.len(), y.len());
    parallel::for_each_part(y, 1, 1, |start, y| add(alpha, &x[start..], y));
}

#[simd]
fn add<T: Float>(alpha: T, x: &[T], y: &mut [T]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y += alpha * x;
    }
}

/// `out = a` where `condition` is not 0, else `b`; all contiguous.
pub(crate) fn select<T: Element>(condition: &[T], a: &[T], b: &[T], out: &mut [T]) {
    let len = out.len();
    assert!(condition.len() == len && a.len() == len && b.len() == len);
    parallel::for_each_part(out, 1, 1, |start, out| {
        let (condition, a, b) = (&condition[start..], &a[start..], &b[start..]);
        for (((out, &condition), &a), &b) in out.iter_mut().zip(condition).zip(a).zip(b) {
            *out = if condition != T::default() { a } else { b };
        }
    });
}

#[cfg(test)]
mod tests;
