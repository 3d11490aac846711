//! Rows of a table by index.

use super::float::Float;
use super::parallel;
use crate::dtype::Element;

/// `y[i] = table[rows[i]]` for tables of rows of `width` elements.
///
/// # Panics
/// **If a row is outside the table.**
pub(crate) fn gather<T: Element>(table: &[T], width: usize, rows: &[u64], y: &mut [T]) {
    gather_bits(T::bits(table), width, rows, T::bits_mut(y));
}

/// [`gather`], once for all elements of a size.
fn gather_bits<T: Element>(table: &[T], width: usize, rows: &[u64], y: &mut [T]) {
    assert_eq!(rows.len() * width, y.len());
    parallel::for_each_part(y, width, 1, |start, y| {
        let rows = &rows[start / width..];
        // A single element needs no call that copies it.
        if width == 1 {
            return y.iter_mut().zip(rows).for_each(|(y, &row)| *y = table[row as usize]);
        }
        for (y, &row) in y.chunks_exact_mut(width).zip(rows) {
            y.copy_from_slice(&table[row as usize * width..][..width]);
        }
    });
}

/// `dtable[rows[i]] += dy[i]`, in order, so that repeated rows sum the same way every time.
///
/// # Panics
/// **If a row is outside the table.**
pub(crate) fn scatter_add<T: Float>(dy: &[T], width: usize, rows: &[u64], dtable: &mut [T]) {
    assert_eq!(rows.len() * width, dy.len());
    if width == 0 {
        return;
    }
    for (dy, &row) in dy.chunks_exact(width).zip(rows) {
        for (sum, &dy) in dtable[row as usize * width..][..width].iter_mut().zip(dy) {
            *sum += dy;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_gathered_and_their_gradients_summed() {
        let table = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let rows = [2, 0, 2];
        let mut y = [0.0; 6];
        gather(&table, 2, &rows, &mut y);
        assert_eq!(y, [5.0, 6.0, 1.0, 2.0, 5.0, 6.0]);
        let mut dtable = [0.5; 6];
        scatter_add(&y, 2, &rows, &mut dtable);
        assert_eq!(dtable, [1.5, 2.5, 0.5, 0.5, 10.5, 12.5]);
        gather(&table, 1, &rows, &mut y[..3]);
        assert_eq!(y[..3], [3.0, 1.0, 3.0]);
    }

    #[test]
    fn many_rows_are_those_of_the_index() {
        let table = [0, 1, 2, 10, 11, 12, 20, 21, 22];
        let rows: Vec<u64> = (0..1 << 18).map(|row| row * row % 3).collect();
        let mut y = vec![-1; rows.len() * 3];
        gather(&table, 3, &rows, &mut y);
        for (y, row) in y.chunks_exact(3).zip(rows) {
            let first = 10 * row as i32;
            assert_eq!(y, [first, first + 1, first + 2]);
        }
    }

    #[test]
    fn empty_rows_are_nothing() {
        gather::<f32>(&[], 0, &[3, 4], &mut []);
        scatter_add::<f32>(&[], 0, &[3, 4], &mut []);
    }

    #[test]
    #[should_panic(expected = "out of bounds")]
    fn rows_outside_the_table_panic() {
        gather(&[1i64, 2], 1, &[2], &mut [0]);
    }
}
