//! Packing: the columns of a tile side by side, in the order in which it reads them.

use crate::kernel::float::Float;
use crate::kernel::matrix::Matrix;
use crate::kernel::prefetch::prefetch;

/// Rows and columns that are turned at once.
const SQUARE: usize = 4;

/// A row is asked for while the one so many before it is copied: rows may be on pages of their own,
/// where a processor does not look ahead.
const AHEAD: usize = 4;

/// Writes `b: [depth, n]` to `out` as panels of `width` columns, each row by row.
///
/// # Panics
/// **If `out` is too short, or `n` not a multiple of `width`.**
pub(super) fn pack_panels<T: Float>(b: Matrix<'_, T>, width: usize, out: &mut [T]) {
    let [depth, n] = b.dims();
    assert!(n.is_multiple_of(width));
    let in_rows = b.has_slice_rows();
    match width {
        32 if in_rows => copy_rows::<T, 32>(b, out),
        16 if in_rows => copy_rows::<T, 16>(b, out),
        8 if in_rows => copy_rows::<T, 8>(b, out),
        6 if in_rows => copy_rows::<T, 6>(b, out),
        4 if in_rows => copy_rows::<T, 4>(b, out),
        _ => {
            for (left, out) in (0..n).step_by(width).zip(out.chunks_mut((width * depth).max(1))) {
                pack(b.columns(left, width), width, out);
            }
        }
    }
}

/// Copies rows as rows of panels of `W` columns: each whole row at once, as the next may be far.
fn copy_rows<T: Float, const W: usize>(b: Matrix<'_, T>, out: &mut [T]) {
    let [depth, _] = b.dims();
    for p in 0..depth {
        let (pieces, _) = b.row(p).as_chunks::<W>();
        let (ahead, _) = b.row((p + AHEAD).min(depth - 1)).as_chunks::<W>();
        for (at, (piece, ahead)) in pieces.iter().zip(ahead).enumerate() {
            prefetch(ahead);
            out[(at * depth + p) * W..][..W].copy_from_slice(piece);
        }
    }
}

/// Writes `b: [depth, columns]` row by row to `out`, each row filled up to `width` with zeros.
///
/// # Panics
/// **If `out` is too short or `width` less than the number of columns.**
pub(super) fn pack<T: Float>(b: Matrix<'_, T>, width: usize, out: &mut [T]) {
    let [depth, columns] = b.dims();
    let out = &mut out[..depth * width];
    if columns < width {
        out.fill(T::ZERO);
    }
    if b.has_slice_rows() {
        for (p, out) in out.chunks_exact_mut(width).enumerate() {
            for (out, &b) in out.iter_mut().zip(b.row(p)) {
                *out = b;
            }
        }
        return;
    }
    let (b, mut j) = (b.t(), 0);
    if b.has_slice_rows() {
        while j + SQUARE <= columns {
            turn([b.row(j), b.row(j + 1), b.row(j + 2), b.row(j + 3)], j, width, out);
            j += SQUARE;
        }
    }
    for j in j..columns {
        for (p, out) in out.chunks_exact_mut(width).enumerate() {
            out[j] = b.get(j, p);
        }
    }
}

/// Writes rows as the columns from `j` on.
fn turn<T: Float>(rows: [&[T]; SQUARE], j: usize, width: usize, out: &mut [T]) {
    let [a, b, c, d] = rows.map(|row| row.as_chunks::<SQUARE>());
    let squares = a.0.iter().zip(b.0).zip(c.0.iter().zip(d.0));
    for (((a, b), (c, d)), out) in squares.zip(out.chunks_mut(SQUARE * width)) {
        for p in 0..SQUARE {
            out[p * width + j..][..SQUARE].copy_from_slice(&[a[p], b[p], c[p], d[p]]);
        }
    }
    let done = rows[0].len() - a.1.len();
    for p in done..rows[0].len() {
        for (out, row) in out[p * width + j..].iter_mut().zip(rows) {
            *out = row[p];
        }
    }
}
