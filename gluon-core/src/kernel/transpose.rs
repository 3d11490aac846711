//! Transposition: rows become columns.

use gluon_macros::simd;

use crate::dtype::Element;

/// The edge of a square that is turned at once: as many 4-byte elements as a cache line holds, so
/// that each line of both sides is touched once.
const TILE: usize = 16;

/// `y[j, i] = x[i, j]` for `x: [rows, columns]`, whose rows lie `x_stride` elements apart and those
/// of `y` `y_stride`.
pub(crate) fn transpose<T: Element>(
    x: &[T],
    x_stride: usize,
    dims: [usize; 2],
    y: &mut [T],
    y_stride: usize,
) {
    transpose_bits(T::bits(x), x_stride, dims, T::bits_mut(y), y_stride);
}

/// [`transpose`], once for all elements of a size.
#[simd]
fn transpose_bits<T: Element>(
    x: &[T],
    x_stride: usize,
    [rows, columns]: [usize; 2],
    y: &mut [T],
    y_stride: usize,
) {
    let mut tile = [[T::default(); TILE]; TILE];
    for top in (0..rows).step_by(TILE) {
        let height = TILE.min(rows - top);
        for left in (0..columns).step_by(TILE) {
            let width = TILE.min(columns - left);
            if height < TILE || width < TILE {
                for j in left..left + width {
                    let y = &mut y[j * y_stride + top..][..height];
                    y.iter_mut().enumerate().for_each(|(i, y)| *y = x[(top + i) * x_stride + j]);
                }
                continue;
            }
            for (i, row) in tile.iter_mut().enumerate() {
                row.copy_from_slice(&x[(top + i) * x_stride + left..][..TILE]);
            }
            for j in 0..TILE {
                let y = &mut y[(left + j) * y_stride + top..][..TILE];
                for i in 0..TILE {
                    y[i] = tile[i][j];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_columns_and_gaps_stay() {
        for [rows, columns] in [[0, 3], [1, 1], [16, 16], [17, 33], [40, 5], [31, 48]] {
            let (x_stride, y_stride) = (columns + 2, rows + 1);
            let x: Vec<i32> = (0..(rows * x_stride) as i32).collect();
            let mut y = vec![-1; columns * y_stride + 1];
            transpose(&x, x_stride, [rows, columns], &mut y, y_stride);
            for (at, &y) in y.iter().enumerate() {
                let (j, i) = (at / y_stride, at % y_stride);
                let turned = j < columns && i < rows;
                assert_eq!(y, if turned { x[i * x_stride + j] } else { -1 }, "{rows} {columns}");
            }
        }
    }
}
