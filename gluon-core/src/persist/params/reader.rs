//! The reader: records, names, and what they amount to.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::MAGIC;
use super::cursor::Cursor;
use super::record::{Kind, Label, Record};
use super::sparse;
use crate::buffer::room;
use crate::error::Result;
use crate::persist::contents::Note;
use crate::persist::index::{Index, Stored};
use crate::persist::plain::Plain;
use crate::persist::source::Source;

/// What a file holds. Elements are left where they are, those of sparse arrays excepted.
pub(in crate::persist) fn index(source: &Arc<Source>) -> Result<Index> {
    let mut cursor = Cursor::new(source);
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

    let room = room(source.len());
    let mut loader = Loader { source, cursor: &cursor, room, notes: Vec::new() };
    let named = names.is_some();
    let entries = match names {
        None => loader.list(records)?,
        Some(names) => loader.dict(records, names)?,
    };
    let mut notes = loader.notes;
    if cursor.remaining() > 0 {
        notes.push(Note::TrailingBytes { count: cursor.remaining() });
    }
    Ok(Index { entries, named, notes })
}

/// The names of the `arrays` arrays, or `None` if they have none.
fn names(cursor: &mut Cursor<'_>, arrays: usize) -> Result<Option<Vec<String>>> {
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

fn name(cursor: &mut Cursor<'_>, index: usize) -> Result<String> {
    let len = cursor.u64(format_args!("the length of the name of array {index}"))?;
    let range = cursor.take(len, format_args!("the name of array {index}"))?;
    let start = range.start;
    String::from_utf8(cursor.bytes(range)?.into_owned()).map_err(|error| {
        let expected = format!("the name of array {index} in UTF-8");
        cursor.error(start + error.utf8_error().valid_up_to(), expected, "other bytes")
    })
}

/// Turns records into entries.
struct Loader<'a> {
    source: &'a Arc<Source>,
    cursor: &'a Cursor<'a>,
    /// Bytes that sparse arrays may still take when made dense.
    room: usize,
    notes: Vec<Note>,
}

impl Loader<'_> {
    fn list(&mut self, records: Vec<Record>) -> Result<Vec<(String, Stored)>> {
        let mut entries = Vec::with_capacity(records.len());
        for (index, record) in records.into_iter().enumerate() {
            let stored = self.stored(&record, Label { index, name: None })?;
            entries.push((String::new(), stored));
        }
        Ok(entries)
    }

    /// Of equal names, the last array counts, at the place of the first, as in a Python dict.
    fn dict(&mut self, records: Vec<Record>, names: Vec<String>) -> Result<Vec<(String, Stored)>> {
        let mut entries: Vec<(String, Stored)> = Vec::with_capacity(records.len());
        let mut places = HashMap::with_capacity(records.len());
        for (index, (record, name)) in records.into_iter().zip(names).enumerate() {
            let stored = self.stored(&record, Label { index, name: Some(&name) })?;
            match places.entry(name.clone()) {
                Entry::Vacant(place) => {
                    place.insert(entries.len());
                    entries.push((name, stored));
                }
                Entry::Occupied(place) => {
                    entries[*place.get()].1 = stored;
                    self.notes.push(Note::DuplicateName { array: name });
                }
            }
        }
        Ok(entries)
    }

    fn stored(&mut self, record: &Record, label: Label<'_>) -> Result<Stored> {
        let name = || label.name.map_or_else(|| label.index.to_string(), str::to_string);
        match &record.kind {
            Kind::Dense => {}
            Kind::LegacyScalar => self.notes.push(Note::LegacyScalar { array: name() }),
            Kind::Sparse(sparse) => {
                let storage = sparse.storage.name();
                self.notes.push(Note::Densified { array: name(), storage });
                let array = sparse::densify(self.cursor, record, sparse, label, &mut self.room)?;
                return Ok(array.into());
            }
        }
        Ok(Stored::plain(record.dtype, record.shape, Plain::new(self.source, record.data.clone())))
    }
}
