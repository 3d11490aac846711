//! Copies between layouts, and conversions between element types.

use super::float::Float;
use super::parallel;
use super::transpose::transpose;
use super::walk::{Matrices, Walk, at};
use crate::dtype::Element;
use crate::shape::Layout;

/// Copies `x`, of any layout, to contiguous `y`.
pub(crate) fn copy<T: Element>(x: &[T], layout: &Layout, y: &mut [T]) {
    copy_bits(T::bits(x), layout, T::bits_mut(y));
}

/// [`copy`], once for all elements of a size.
fn copy_bits<T: Element>(x: &[T], layout: &Layout, y: &mut [T]) {
    assert_eq!(layout.shape.size(), y.len());
    if y.is_empty() {
        return;
    }
    let walk = Walk::new([layout]);
    let (len, [step]) = (walk.len, walk.steps);
    if step > 1
        && let matrices @ Matrices { strides: [1], .. } = walk.matrices()
    {
        return copy_transposed(x, &matrices, len, step as usize, y);
    }
    parallel::for_each_part(y, len, if step == 1 { 1 } else { 4 }, |start, y| {
        let first = start / len;
        for (row, [from]) in walk.starts(first..first + y.len() / len) {
            let y = &mut y[(row - first) * len..][..len];
            match step {
                1 => y.copy_from_slice(&x[from..][..len]),
                0 => y.fill(x[from]),
                _ => y.iter_mut().enumerate().for_each(|(i, y)| *y = x[at(from, step, i)]),
            }
        }
    });
}

/// Copies matrices of so many columns that lie column by column, `step` elements apart.
fn copy_transposed<T: Element>(
    x: &[T],
    matrices: &Matrices<'_, 1>,
    columns: usize,
    step: usize,
    y: &mut [T],
) {
    parallel::for_each_part(y, columns, 4, |start, y| {
        let (mut row, mut rest) = (start / columns, y);
        while !rest.is_empty() {
            let (matrix, from_row) = (row / matrices.rows, row % matrices.rows);
            let count = (matrices.rows - from_row).min(rest.len() / columns);
            let (y, after) = std::mem::take(&mut rest).split_at_mut(count * columns);
            for (_, [from]) in matrices.starts(matrix..matrix + 1) {
                transpose(&x[from + from_row..], step, [columns, count], y, columns);
            }
            (row, rest) = (row + count, after);
        }
    });
}

/// Copies contiguous `x` into the region `layout` of `y`.
pub(crate) fn scatter<T: Element>(x: &[T], y: &mut [T], layout: &Layout) {
    scatter_bits(T::bits(x), T::bits_mut(y), layout);
}

/// [`scatter`], once for all elements of a size.
fn scatter_bits<T: Element>(x: &[T], y: &mut [T], layout: &Layout) {
    scatter_rows(x, y, layout, |y, x| y.copy_from_slice(x), |y, x| *y = x);
}

/// Adds contiguous `x` to the region `layout` of `y`.
///
/// A region that visits an element several times, as a broadcast one does, sums into it.
pub(crate) fn scatter_add<T: Float>(x: &[T], y: &mut [T], layout: &Layout) {
    let add_row = |y: &mut [T], x: &[T]| y.iter_mut().zip(x).for_each(|(y, &x)| *y += x);
    scatter_rows(x, y, layout, add_row, |y, x| *y += x);
}

fn scatter_rows<T: Element>(
    x: &[T],
    y: &mut [T],
    layout: &Layout,
    row: impl Fn(&mut [T], &[T]),
    element: impl Fn(&mut T, T),
) {
    assert_eq!(layout.shape.size(), x.len());
    if x.is_empty() {
        return;
    }
    let walk = Walk::new([layout]);
    let (len, [step]) = (walk.len, walk.steps);
    for (index, [to]) in walk.starts(0..walk.rows()) {
        let x = &x[index * len..][..len];
        if step == 1 {
            row(&mut y[to..][..len], x);
        } else {
            x.iter().enumerate().for_each(|(i, &x)| element(&mut y[at(to, step, i)], x));
        }
    }
}

/// `y = x` in another element type, where `read(start, numbers)` takes numbers out of `x` from an
/// element on, as [`to_numbers`] does.
///
/// They go from type to type by way of `f64`, so that a loop for each of the two types is enough.
pub(crate) fn convert<T: Element>(y: &mut [T], read: &(dyn Fn(usize, &mut [f64]) + Sync)) {
    /// So many numbers are on their way at once.
    const CHUNK: usize = 64;
    parallel::for_each_part(y, 1, 2, |start, y| {
        let mut numbers = [0.0; CHUNK];
        for (i, y) in y.chunks_mut(CHUNK).enumerate() {
            let numbers = &mut numbers[..y.len()];
            read(start + i * CHUNK, numbers);
            for (y, &number) in y.iter_mut().zip(&*numbers) {
                *y = T::from_f64(number);
            }
        }
    });
}

/// The numbers that the first elements of `x` are.
pub(crate) fn to_numbers<T: Element>(x: &[T], numbers: &mut [f64]) {
    for (number, x) in numbers.iter_mut().zip(x) {
        *number = x.to_f64();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::{Shape, Strides};

    /// Layouts of every kind: shape, strides, offset.
    fn layouts() -> Vec<Layout> {
        let cases: &[(&[usize], &[isize], usize)] = &[
            (&[], &[], 3),
            (&[7], &[1], 2),
            (&[7], &[-1], 6),
            (&[3, 5], &[5, 1], 0),
            (&[3, 5], &[1, 3], 0),
            (&[67, 41], &[1, 70], 1),
            (&[3, 5], &[0, 1], 4),
            (&[3, 5], &[1, 0], 4),
            (&[3, 5], &[9, 2], 1),
            (&[2, 3, 4], &[1, 8, 2], 0),
            (&[2, 33, 35], &[40 * 35, 1, 40], 3),
            (&[2, 3, 4, 5], &[60, 4, 1, 12], 0),
            (&[2, 1, 3], &[3, 9, 1], 0),
            (&[2, 0, 3], &[3, 3, 1], 0),
        ];
        let layout = |&(dims, strides, offset): &(&[usize], &[isize], usize)| Layout {
            shape: Shape::new(dims),
            strides: Strides::new(strides),
            offset,
        };
        cases.iter().map(layout).collect()
    }

    /// The positions of a layout's elements, in row-major order.
    fn positions(layout: &Layout) -> Vec<usize> {
        let position = |mut i: usize| {
            let mut position = layout.offset as isize;
            for (&size, &stride) in layout.shape.iter().zip(layout.strides.iter()).rev() {
                position += (i % size) as isize * stride;
                i /= size;
            }
            position as usize
        };
        (0..layout.shape.size()).map(position).collect()
    }

    #[test]
    fn copies_read_every_layout() {
        let x: Vec<i32> = (0..5000).collect();
        for layout in layouts() {
            let mut y = vec![-1; layout.shape.size()];
            copy(&x, &layout, &mut y);
            let expected: Vec<i32> = positions(&layout).into_iter().map(|p| x[p]).collect();
            assert_eq!(y, expected, "{layout:?}");
        }
    }

    #[test]
    fn large_transpositions_are_copied_block_by_block() {
        let (rows, columns) = (1031, 517);
        let x: Vec<i32> = (0..2 * rows as i32 * columns as i32).collect();
        let layout = Layout {
            shape: Shape::from([2, rows, columns]),
            strides: Strides::new(&[(rows * columns) as isize, 1, rows as isize]),
            offset: 0,
        };
        let mut y = vec![-1; x.len()];
        copy(&x, &layout, &mut y);
        assert!(positions(&layout).into_iter().zip(y).all(|(p, y)| x[p] == y));
    }

    #[test]
    fn scatters_write_every_layout() {
        for layout in layouts() {
            let x: Vec<f64> = (0..layout.shape.size()).map(|i| i as f64 + 1.0).collect();
            let (mut y, mut sum) = (vec![0.0; 5000], vec![0.5; 5000]);
            let (mut y_expected, mut sum_expected) = (y.clone(), sum.clone());
            for (position, x) in positions(&layout).into_iter().zip(&x) {
                y_expected[position] = *x;
                sum_expected[position] += x;
            }
            scatter(&x, &mut y, &layout);
            scatter_add(&x, &mut sum, &layout);
            assert!(y == y_expected && sum == sum_expected, "{layout:?}");
        }
    }

    #[test]
    fn conversions_truncate_and_saturate() {
        let mut y = [0u8; 4];
        let x = [1.9f32, -3.0, 300.0, f32::NAN];
        convert(&mut y, &|start, numbers| to_numbers(&x[start..], numbers));
        assert_eq!(y, [1, 0, 255, 0]);
    }
}
