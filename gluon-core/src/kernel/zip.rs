//! Zips: functions of two elements, and their derivatives.

use gluon_macros::simd;

use super::float::Float;
use super::layout;
use super::parallel;
use super::walk::{Walk, at};
use crate::buffer::with_scratch;
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

/// A row of an operand.
#[derive(Clone, Copy)]
enum Row<'a, T> {
    /// One element after another.
    Slice(&'a [T]),
    /// The same element throughout.
    Scalar(T),
}

impl<'a, T: Float> Row<'a, T> {
    /// The `len` elements from `start`, `step` apart, which is 0 or 1.
    #[inline]
    fn new(data: &'a [T], start: usize, step: isize, len: usize) -> Row<'a, T> {
        if step == 0 { Row::Scalar(data[start]) } else { Row::Slice(&data[start..][..len]) }
    }

    /// The `len` elements from the element `at` of the row.
    #[inline]
    fn part(self, at: usize, len: usize) -> Row<'a, T> {
        match self {
            Row::Slice(data) => Row::Slice(&data[at..][..len]),
            Row::Scalar(value) => Row::Scalar(value),
        }
    }

    /// The elements of the row one after another, in `memory` if they do not lie so.
    #[inline]
    fn elements(self, memory: &'a mut [T]) -> &'a [T] {
        match self {
            Row::Slice(data) => data,
            Row::Scalar(value) => {
                memory.fill(value);
                memory
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
    for_each_row((x, x_layout), (y, y_layout), out, op.cost(), &|x, y, _, out| zip(op, x, y, out));
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
    for_each_row((x, x_layout), (y, y_layout), dx, op.cost(), &|x, y, start, dx| {
        let dz = &dz[start..][..dx.len()];
        write_or_add(dx, accumulate, |at, dx| {
            let dz = &dz[at..][..dx.len()];
            slopes(op, side, x.part(at, dx.len()), y.part(at, dx.len()), dz, dx);
        });
    });
}

/// Lets `write(start, part)` write parts of `dx`, or adds what it writes to them if `accumulate`.
///
/// A loop that writes and one that adds would be twice the code.
pub(super) fn write_or_add<T: Float>(
    dx: &mut [T],
    accumulate: bool,
    write: impl Fn(usize, &mut [T]),
) {
    /// So much is written before it is added, near the processor.
    const PART: usize = 512;
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

/// Calls `f(x_row, y_row, start, out_row)` on the common rows of the operands and `out`.
fn for_each_row<T: Float>(
    (x, x_layout): (&[T], &Layout),
    (y, y_layout): (&[T], &Layout),
    out: &mut [T],
    cost: usize,
    f: &(impl Fn(Row<'_, T>, Row<'_, T>, usize, &mut [T]) + Sync),
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
                for_each_row((copy, &whole), (y, y_layout), out, cost, f);
            } else {
                layout::copy(y, y_layout, copy);
                for_each_row((x, x_layout), (copy, &whole), out, cost, f);
            }
        });
    }
    let (len, [x_step, y_step]) = (walk.len, walk.steps);
    // One row is cut anywhere, several at their bounds.
    let unit = if len == out.len() { 1 } else { len };
    parallel::for_each_part(out, unit, cost, |start, out| {
        let (first, skip, len) = (start / len, start % len, len.min(out.len()));
        for (row, [x_start, y_start]) in walk.starts(first..first + out.len() / len) {
            let x = Row::new(x, at(x_start, x_step, skip), x_step, len);
            let y = Row::new(y, at(y_start, y_step, skip), y_step, len);
            let offset = (row - first) * len;
            f(x, y, start + offset, &mut out[offset..][..len]);
        }
    });
}

impl Binary {
    /// The work of one element, in the units of [`parallel`].
    fn cost(self) -> usize {
        if self == Binary::Pow { 64 } else { 1 }
    }
}

/// `out = x op y` for a row.
fn zip<T: Float>(op: Binary, x: Row<'_, T>, y: Row<'_, T>, out: &mut [T]) {
    match op {
        Binary::Pow => each(x, y, out, |x, y| x.powf(y)),
        Binary::Eq => each(x, y, out, |x, y| T::truth(x == y)),
        Binary::Ne => each(x, y, out, |x, y| T::truth(x != y)),
        Binary::Lt => each(x, y, out, |x, y| T::truth(x < y)),
        Binary::Le => each(x, y, out, |x, y| T::truth(x <= y)),
        Binary::Gt => each(x, y, out, |x, y| T::truth(x > y)),
        Binary::Ge => each(x, y, out, |x, y| T::truth(x >= y)),
        _ => arithmetic(op, x, y, out),
    }
}

/// The functions of [`zip`] that are worth a version for each set of vector instructions.
#[simd]
fn arithmetic<T: Float>(op: Binary, x: Row<'_, T>, y: Row<'_, T>, out: &mut [T]) {
    match op {
        Binary::Add => each(x, y, out, |x, y| x + y),
        Binary::Sub => each(x, y, out, |x, y| x - y),
        Binary::Mul => each(x, y, out, |x, y| x * y),
        Binary::Div => each(x, y, out, |x, y| x / y),
        Binary::Max => each(x, y, out, |x, y| x.maximum(y)),
        Binary::Min => each(x, y, out, |x, y| x.minimum(y)),
        _ => unreachable!("`zip` computes the others"),
    }
}

#[inline(always)]
fn each<T: Float>(x: Row<'_, T>, y: Row<'_, T>, out: &mut [T], f: impl Fn(T, T) -> T) {
    match (x, y) {
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

/// `dx = dz · ∂(x op y)/∂side` for a row.
fn slopes<T: Float>(op: Binary, side: Side, x: Row<'_, T>, y: Row<'_, T>, dz: &[T], dx: &mut [T]) {
    /// A row of one element throughout is as many of it, so that one loop is enough.
    const PART: usize = 128;
    match (op, side, x, y) {
        (Binary::Mul, Side::Left, ..) => return arithmetic(Binary::Mul, Row::Slice(dz), y, dx),
        (Binary::Mul, Side::Right, ..) => return arithmetic(Binary::Mul, Row::Slice(dz), x, dx),
        (Binary::Div, Side::Left, ..) => return arithmetic(Binary::Div, Row::Slice(dz), y, dx),
        (_, _, Row::Slice(x), Row::Slice(y)) => return slope(op, side, x, y, dz, dx),
        _ => {}
    }
    let [mut x_part, mut y_part] = [[T::ZERO; PART]; 2];
    for (i, (dz, dx)) in dz.chunks(PART).zip(dx.chunks_mut(PART)).enumerate() {
        let (at, len) = (i * PART, dx.len());
        let x = x.part(at, len).elements(&mut x_part[..len]);
        let y = y.part(at, len).elements(&mut y_part[..len]);
        slope(op, side, x, y, dz, dx);
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
            each!(|x, y, dz| if x == zero { zero } else { dz * (x.powf(y) * x.ln()) });
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
pub(crate) fn select<T: Float>(condition: &[T], a: &[T], b: &[T], out: &mut [T]) {
    let len = out.len();
    assert!(condition.len() == len && a.len() == len && b.len() == len);
    parallel::for_each_part(out, 1, 1, |start, out| {
        let (condition, a, b) = (&condition[start..], &a[start..], &b[start..]);
        for (((out, &condition), &a), &b) in out.iter_mut().zip(condition).zip(a).zip(b) {
            *out = if condition != T::ZERO { a } else { b };
        }
    });
}

#[cfg(test)]
mod tests;
