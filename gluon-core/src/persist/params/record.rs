//! Records: how a file stores one array, in any of four versions.

use std::fmt;
use std::ops::Range;

use super::DTYPES;
use super::cursor::Cursor;
use super::sparse::{Indices, Sparse, Storage};
use crate::dtype::DType;
use crate::error::Result;
use crate::shape::{MAX_RANK, Shape};

/// Marks a record that has no storage type.
pub(super) const V1: u32 = 0xF993_FAC8;
/// Marks a record that has a storage type.
pub(super) const V2: u32 = 0xF993_FAC9;
/// Marks a record as of [`V2`] that was written in np-shape mode.
pub(super) const V3: u32 = 0xF993_FACA;

/// The types of devices that MXNet knows: processor, graphics card, pinned and shared memory.
const DEVICES: [i32; 4] = [1, 2, 3, 5];

/// Which array of a file is meant: its index and, once it is known, its name.
#[derive(Clone, Copy)]
pub(super) struct Label<'a> {
    pub(super) index: usize,
    pub(super) name: Option<&'a str>,
}

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "array {}", self.index)?;
        match self.name {
            Some(name) => write!(f, " `{}`", name.escape_debug()),
            None => Ok(()),
        }
    }
}

/// One array, its elements still in the file.
pub(super) struct Record {
    pub(super) dtype: DType,
    pub(super) shape: Shape,
    /// Where the stored elements lie.
    pub(super) data: Range<usize>,
    pub(super) kind: Kind,
}

/// How a record stores its elements.
pub(super) enum Kind {
    Dense,
    /// A scalar of version 2, which MXNet writes but cannot read.
    LegacyScalar,
    Sparse(Box<Sparse>),
}

impl Record {
    /// Reads the record of array `label`.
    pub(super) fn read(cursor: &mut Cursor<'_>, label: Label<'_>) -> Result<Record> {
        let start = cursor.offset();
        let version = cursor.u32(format_args!("the record of {label}"))?;
        let storage = match version {
            V2 | V3 => storage(cursor, version, label)?,
            _ => None,
        };
        if let Some(storage) = storage {
            return sparse_record(cursor, storage, label);
        }
        let shape = match version {
            V1 | V2 | V3 => shape(cursor, label)?,
            rank if rank as usize <= MAX_RANK => v0_shape(cursor, rank as usize, label)?,
            other => {
                let expected = format!(
                    "{label} to begin with {V1:#x}, {V2:#x}, {V3:#x} or a number of axes \
                     up to {MAX_RANK}"
                );
                return Err(cursor.error(start, expected, format!("{other:#x}")));
            }
        };

        let kind = match shape.rank() {
            0 if version != V3 => Kind::LegacyScalar,
            _ => Kind::Dense,
        };
        let after_shape = cursor.offset();
        let device = device(cursor, label)?;
        // Outside np-shape mode, MXNet's reader lets a record without axes end here, as one does
        // that stands for an array without a value. Its writer goes on if there is a value.
        if matches!(kind, Kind::LegacyScalar) && !(version == V2 && DEVICES.contains(&device)) {
            return Err(cursor.error(after_shape, format!("a value for {label}"), "none"));
        }
        let dtype = dtype(cursor, label)?;
        let data = elements(cursor, dtype, &shape, label)?;
        Ok(Record { dtype, shape, data, kind })
    }
}

fn sparse_record(cursor: &mut Cursor<'_>, storage: Storage, label: Label<'_>) -> Result<Record> {
    let stored = shape(cursor, label)?;
    let shape = shape(cursor, label)?;
    device(cursor, label)?;
    let dtype = dtype(cursor, label)?;
    let mut lists = Vec::with_capacity(2);
    for _ in 0..storage.lists() {
        lists.push(index_list(cursor, label)?);
    }
    let data = elements(cursor, dtype, &stored, label)?;
    let mut indices = Vec::with_capacity(2);
    for (dtype, shape) in lists {
        let range = elements(cursor, dtype, &shape, label)?;
        indices.push(Indices { dtype, range });
    }
    let sparse = Sparse { storage, stored, indices };
    Ok(Record { dtype, shape, data, kind: Kind::Sparse(Box::new(sparse)) })
}

/// How the record is stored; `None` stands for dense.
fn storage(cursor: &mut Cursor<'_>, version: u32, label: Label<'_>) -> Result<Option<Storage>> {
    let start = cursor.offset();
    match (cursor.i32(format_args!("the storage type of {label}"))?, version) {
        (0, _) => Ok(None),
        (1, V2) => Ok(Some(Storage::RowSparse)),
        (2, V2) => Ok(Some(Storage::Csr)),
        (other, _) => {
            let most = if version == V2 { "a storage type from 0 to 2" } else { "storage type 0" };
            Err(cursor.error(start, format!("{most} for {label}"), other.to_string()))
        }
    }
}

/// A shape as of version 1 and later.
fn shape(cursor: &mut Cursor<'_>, label: Label<'_>) -> Result<Shape> {
    let start = cursor.offset();
    let rank = cursor.i32(format_args!("the number of axes of {label}"))?;
    let mut shape = blank(cursor, start, i64::from(rank), label)?;
    for size in shape.dims_mut() {
        let start = cursor.offset();
        let found = cursor.i64(format_args!("an axis of {label}"))?;
        *size = usize::try_from(found).map_err(|_| {
            cursor.error(start, format!("the size of an axis of {label}"), found.to_string())
        })?;
    }
    Ok(shape)
}

/// A shape as of version 0, whose number of axes has been read.
fn v0_shape(cursor: &mut Cursor<'_>, rank: usize, label: Label<'_>) -> Result<Shape> {
    let mut shape = blank(cursor, cursor.offset(), rank as i64, label)?;
    for size in shape.dims_mut() {
        *size = cursor.u32(format_args!("an axis of {label}"))? as usize;
    }
    Ok(shape)
}

/// A shape of that many axes, their sizes yet to be filled in.
fn blank(cursor: &Cursor<'_>, start: usize, rank: i64, label: Label<'_>) -> Result<Shape> {
    usize::try_from(rank)
        .ok()
        .and_then(|rank| Shape::try_new([0; MAX_RANK].get(..rank)?))
        .ok_or_else(|| {
            cursor.error(start, format!("at most {MAX_RANK} axes for {label}"), rank.to_string())
        })
}

/// The type of the device that the array was on; its number is passed over.
fn device(cursor: &mut Cursor<'_>, label: Label<'_>) -> Result<i32> {
    let device = cursor.i32(format_args!("the device of {label}"))?;
    cursor.i32(format_args!("the device of {label}"))?;
    Ok(device)
}

fn dtype(cursor: &mut Cursor<'_>, label: Label<'_>) -> Result<DType> {
    let start = cursor.offset();
    let number = cursor.i32(format_args!("the element type of {label}"))?;
    let dtype = usize::try_from(number).ok().and_then(|number| DTYPES.get(number));
    dtype.copied().ok_or_else(|| {
        let last = DTYPES.len() - 1;
        cursor.error(
            start,
            format!("an element type from 0 to {last} for {label}"),
            number.to_string(),
        )
    })
}

/// The type and shape of a list of indices.
fn index_list(cursor: &mut Cursor<'_>, label: Label<'_>) -> Result<(DType, Shape)> {
    let start = cursor.offset();
    let dtype = dtype(cursor, label)?;
    let shape = shape(cursor, label)?;
    if matches!(dtype, DType::I64 | DType::I32) && shape.rank() == 1 {
        Ok((dtype, shape))
    } else {
        let expected = format!("int64 or int32 indices along one axis for {label}");
        Err(cursor.error(start, expected, format!("{dtype} {shape}")))
    }
}

/// Where the elements of such an array lie, which come next.
fn elements(
    cursor: &mut Cursor<'_>,
    dtype: DType,
    shape: &Shape,
    label: Label<'_>,
) -> Result<Range<usize>> {
    let Some(len) = dtype.byte_len(shape) else {
        let expected = format!("{label} to fit into memory");
        return Err(cursor.error(cursor.offset(), expected, format!("{dtype} {shape}")));
    };
    cursor.take(len as u64, format_args!("the elements of {label}, {dtype} {shape}"))
}
