//! Sparse arrays: stored without their zeros, and made dense when read.

use std::ops::Range;

use super::cursor::Cursor;
use super::record::{Label, Record};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::persist::array::Array;
use crate::shape::Shape;

/// A way to leave out zeros.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Storage {
    /// Rows with their numbers; the others are zero.
    RowSparse,
    /// Elements with their columns, and for each row where in that list it starts.
    Csr,
}

impl Storage {
    /// MXNet's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Storage::RowSparse => "row_sparse",
            Storage::Csr => "csr",
        }
    }

    /// The number of lists of indices.
    pub(super) fn lists(self) -> usize {
        match self {
            Storage::RowSparse => 1,
            Storage::Csr => 2,
        }
    }
}

/// What a sparse record has beyond a dense one.
pub(super) struct Sparse {
    pub(super) storage: Storage,
    /// The shape of the stored elements.
    pub(super) stored: Shape,
    /// Row numbers; or starts of rows, then columns.
    pub(super) indices: Vec<Indices>,
}

/// A list of indices in the file, `int32` or `int64`.
pub(super) struct Indices {
    pub(super) dtype: DType,
    pub(super) range: Range<usize>,
}

impl Indices {
    fn len(&self) -> usize {
        self.range.len() / self.dtype.size()
    }

    /// The indices, whose bytes these are, each with its offset in the file.
    fn iter(&self, bytes: &[u8]) -> impl Iterator<Item = (usize, i64)> {
        let size = self.dtype.size();
        bytes.chunks_exact(size).enumerate().map(move |(i, bytes)| {
            let index = match *bytes {
                [a, b, c, d] => i64::from(i32::from_le_bytes([a, b, c, d])),
                [a, b, c, d, e, f, g, h] => i64::from_le_bytes([a, b, c, d, e, f, g, h]),
                _ => unreachable!("indices have 4 or 8 bytes"),
            };
            (self.range.start + i * size, index)
        })
    }
}

/// The dense form of a sparse record, which takes as many bytes of `room` as it has.
///
/// Indices must be in the order that MXNet's own `check_format` demands: rows of `row_sparse`, and
/// columns within a row of `csr`, increase.
pub(super) fn densify(
    cursor: &Cursor<'_>,
    record: &Record,
    sparse: &Sparse,
    label: Label<'_>,
    room: &mut usize,
) -> Result<Array> {
    let Record { dtype, shape, data, .. } = record;
    let len = dtype.byte_len(shape).filter(|len| len <= room).ok_or_else(|| {
        let expected = format!("{label} to take at most {room} bytes when made dense");
        cursor.error(data.start, expected, format!("{dtype} {shape}"))
    })?;
    let placer = Placer { cursor, record, sparse, label };
    let mut dense;
    match (sparse.storage, &*sparse.indices) {
        (Storage::RowSparse, [rows]) => {
            placer.check_rows(rows)?;
            dense = vec![0; len];
            placer.place_rows(rows, &mut dense)?;
        }
        (Storage::Csr, [starts, columns]) => {
            placer.check_csr(starts, columns)?;
            dense = vec![0; len];
            placer.place_elements(starts, columns, &mut dense)?;
        }
        _ => unreachable!("a record has as many lists of indices as its storage"),
    }
    *room -= len;
    Array::new(*dtype, *shape, dense)
}

/// Puts stored elements where they belong.
struct Placer<'a> {
    cursor: &'a Cursor<'a>,
    record: &'a Record,
    sparse: &'a Sparse,
    label: Label<'a>,
}

impl Placer<'_> {
    fn check_rows(&self, rows: &Indices) -> Result<()> {
        let (stored, shape) = (self.sparse.stored.dims(), self.record.shape.dims());
        match (stored, shape) {
            ([count, stored @ ..], [_, row @ ..]) if stored == row && *count == rows.len() => {
                Ok(())
            }
            _ => Err(self.mismatch(rows.len())),
        }
    }

    fn place_rows(&self, rows: &Indices, dense: &mut [u8]) -> Result<()> {
        let data = self.cursor.bytes(self.record.data.clone())?;
        let numbers = self.cursor.bytes(rows.range.clone())?;
        let mut stored = &*data;
        let row_len = stored.len().checked_div(rows.len()).unwrap_or(0);
        let mut next = 0;
        for (offset, row) in rows.iter(&numbers) {
            let row = self.place(offset, row, next, self.record.shape[0], "row")?;
            next = row + 1;
            let (values, rest) = stored.split_at(row_len);
            dense[row * row_len..][..row_len].copy_from_slice(values);
            stored = rest;
        }
        Ok(())
    }

    fn check_csr(&self, starts: &Indices, columns: &Indices) -> Result<()> {
        match (self.sparse.stored.dims(), self.record.shape.dims()) {
            (&[count], &[rows, _]) if count == columns.len() && rows + 1 == starts.len() => Ok(()),
            _ => Err(self.mismatch(columns.len())),
        }
    }

    fn place_elements(&self, starts: &Indices, columns: &Indices, dense: &mut [u8]) -> Result<()> {
        let data = self.cursor.bytes(self.record.data.clone())?;
        let [start_bytes, column_bytes] =
            [starts, columns].map(|list| self.cursor.bytes(list.range.clone()));
        let (start_bytes, column_bytes) = (start_bytes?, column_bytes?);
        let width = self.record.shape[1];
        let size = self.record.dtype.size();
        let mut stored = data.chunks_exact(size).zip(columns.iter(&column_bytes));
        let mut from = 0;
        for (line, (offset, to)) in starts.iter(&start_bytes).enumerate() {
            // the first start is 0, and each later one ends a row
            let most = if line == 0 { 1 } else { columns.len() + 1 };
            let to = self.place(offset, to, from, most, "start of a row")?;
            let mut next = 0;
            for (value, (offset, column)) in stored.by_ref().take(to - from) {
                let column = self.place(offset, column, next, width, "column")?;
                next = column + 1;
                let place = ((line - 1) * width + column) * size;
                dense[place..place + size].copy_from_slice(value);
            }
            from = to;
        }
        match from == columns.len() {
            true => Ok(()),
            false => Err(self.mismatch(from)),
        }
    }

    /// The index as a number from `least` to below `end`.
    fn place(
        &self,
        offset: usize,
        index: i64,
        least: usize,
        end: usize,
        what: &str,
    ) -> Result<usize> {
        match usize::try_from(index) {
            Ok(index) if (least..end).contains(&index) => Ok(index),
            _ => {
                let expected = format!("a {what} of {} from {least} to below {end}", self.label);
                Err(self.cursor.error(offset, expected, index.to_string()))
            }
        }
    }

    /// The error that shapes and numbers of indices do not go together.
    fn mismatch(&self, indices: usize) -> Error {
        let Sparse { storage, stored, .. } = self.sparse;
        self.cursor.error(
            self.record.data.start,
            format!("{} {} elements for {}", self.record.shape, storage.name(), self.label),
            format!("elements of shape {stored} at {indices} indices"),
        )
    }
}
