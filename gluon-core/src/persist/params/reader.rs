//! The reader: records, names, and what they amount to.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;
use std::sync::Arc;

use super::cursor::Cursor;
use super::record::{Kind, Label, Record};
use super::sparse::{self, Room};
use super::{Arrays, Contents, MAGIC, Note};
use crate::error::Result;
use crate::persist::array::Array;

/// The arrays of a file.
pub(super) fn read(bytes: &Arc<Vec<u8>>, path: &Path) -> Result<Contents> {
    let mut cursor = Cursor::new(bytes, path);
    let magic = cursor.u64("the magic number")?;
    if magic != u64::from_le_bytes(MAGIC) {
        return Err(cursor.error(0, "0x112", format!("{magic:#x}")));
    }
    cursor.u64("the reserved word")?;

    // Nothing is reserved for the count: each record that is read has been there.
    let count = cursor.u64("the number of arrays")?;
    let records = (0..usize::try_from(count).unwrap_or(usize::MAX))
        .map(|index| Record::read(&mut cursor, Label { index, name: None }))
        .collect::<Result<Vec<_>>>()?;
    let names = names(&mut cursor, records.len())?;

    let mut loader =
        Loader { buffer: bytes, cursor: &cursor, room: Room::new(bytes.len()), notes: Vec::new() };
    let arrays = match names {
        None => loader.list(records)?,
        Some(names) => loader.dict(records, names)?,
    };
    let mut notes = loader.notes;
    if cursor.remaining() > 0 {
        notes.push(Note::TrailingBytes { count: cursor.remaining() });
    }
    Ok(Contents { arrays, notes })
}

/// The names of the `arrays` arrays, or `None` if they have none.
fn names<'a>(cursor: &mut Cursor<'a>, arrays: usize) -> Result<Option<Vec<&'a str>>> {
    let start = cursor.offset();
    let count = cursor.u64("the number of names")?;
    if count == 0 {
        return Ok(None);
    }
    if count != arrays as u64 {
        let expected = format!("as many names as arrays, {arrays}, or none");
        return Err(cursor.error(start, expected, count.to_string()));
    }
    (0..arrays).map(|index| name(cursor, index)).collect::<Result<_>>().map(Some)
}

fn name<'a>(cursor: &mut Cursor<'a>, index: usize) -> Result<&'a str> {
    let len = cursor.u64(format_args!("the length of the name of array {index}"))?;
    let range = cursor.take(len, format_args!("the name of array {index}"))?;
    let start = range.start;
    std::str::from_utf8(&cursor.bytes()[range]).map_err(|error| {
        let expected = format!("the name of array {index} in UTF-8");
        cursor.error(start + error.valid_up_to(), expected, "other bytes")
    })
}

/// Turns records into arrays.
struct Loader<'a> {
    buffer: &'a Arc<Vec<u8>>,
    cursor: &'a Cursor<'a>,
    room: Room,
    notes: Vec<Note>,
}

impl Loader<'_> {
    fn list(&mut self, records: Vec<Record>) -> Result<Arrays> {
        let mut arrays = Vec::with_capacity(records.len());
        for (index, record) in records.into_iter().enumerate() {
            arrays.push(self.array(&record, Label { index, name: None })?);
        }
        Ok(Arrays::List(arrays))
    }

    /// Of equal names, the last array counts, at the place of the first, as in a Python dict.
    fn dict(&mut self, records: Vec<Record>, names: Vec<&str>) -> Result<Arrays> {
        let mut entries: Vec<(String, Array)> = Vec::with_capacity(records.len());
        let mut places = HashMap::with_capacity(records.len());
        for (index, (record, name)) in records.into_iter().zip(names).enumerate() {
            let array = self.array(&record, Label { index, name: Some(name) })?;
            match places.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(entries.len());
                    entries.push((name.to_string(), array));
                }
                Entry::Occupied(place) => {
                    entries[*place.get()].1 = array;
                    self.notes.push(Note::DuplicateName { array: name.to_string() });
                }
            }
        }
        Ok(Arrays::Dict(entries))
    }

    fn array(&mut self, record: &Record, label: Label<'_>) -> Result<Array> {
        let name = || label.name.map_or_else(|| label.index.to_string(), str::to_string);
        match &record.kind {
            Kind::Dense => {}
            Kind::LegacyScalar => self.notes.push(Note::LegacyScalar { array: name() }),
            Kind::Sparse(sparse) => {
                let storage = sparse.storage.name();
                self.notes.push(Note::Densified { array: name(), storage });
                return sparse::densify(self.cursor, record, sparse, label, &mut self.room);
            }
        }
        Ok(Array::part(record.dtype, record.shape, self.buffer, record.data.clone()))
    }
}
