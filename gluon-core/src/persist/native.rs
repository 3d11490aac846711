//! Our own files, `.gluon`: a checked table of what there is, then the elements, aligned.
//!
//! `docs/file-format.md` describes the bytes. A reader for every version stays; files of each are
//! in `tests/data/checkpoint`.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use super::array::Array;
use super::contents::{Arrays, Group};
use super::format::Format;
use super::index::{self, Index, Stored};
use super::plain::Plain;
use super::source::Source;
use crate::dtype::DType;
use crate::error::Result;
use crate::shape::{MAX_RANK, Shape};

mod header;

use header::{Header, Record};

/// The first bytes of every `.gluon` file: no text, and broken by whatever converts line ends.
const MAGIC: [u8; 8] = *b"\x89gluon\r\n";

/// The format's name in errors.
const FORMAT: &str = "gluon";

/// The version that is written.
const VERSION: u32 = 1;

/// Bytes before the header: magic number, version, checksum and length of the header.
const HEAD: usize = 24;

/// Elements begin at multiples of this, counted from the start of the file.
const ALIGNMENT: usize = 64;

/// What a checkpoint holds besides the parameters of a model.
#[derive(Clone, Default)]
pub(crate) struct Extras {
    pub(crate) training: Option<Training>,
    /// How many steps were done.
    pub(crate) step: u64,
    /// The seed that random numbers come from.
    pub(crate) seed: Option<u64>,
    /// Values of the user's, each in postcard's form.
    pub(crate) values: BTreeMap<String, Vec<u8>>,
}

/// Where training stood.
#[derive(Clone)]
pub(crate) struct Training {
    /// The optimizer's name.
    pub(crate) optimizer: String,
    pub(crate) learning_rate: f64,
    pub(crate) slots: Vec<Slot>,
}

/// What the optimizer remembers of one parameter.
#[derive(Clone)]
pub(crate) struct Slot {
    /// The parameter's canonical structural name.
    pub(crate) parameter: String,
    /// How many updates it has had.
    pub(crate) count: u64,
    /// The tensors of state by name.
    pub(crate) state: Vec<(String, Stored)>,
}

/// A file ready to be written.
pub(crate) struct Image<'a> {
    head: Vec<u8>,
    tensors: Vec<&'a Array>,
    /// What the optimizer remembers.
    state: Vec<Array>,
}

impl<'a> Image<'a> {
    /// The file of these arrays; those of one storage stand in it once.
    pub(crate) fn new(arrays: &'a Arrays, extras: &Extras) -> Result<Image<'a>> {
        let groups = arrays.by_storage();
        let tensors = groups.iter().map(|group| group.array).collect();
        let mut image = Image { head: Vec::new(), tensors, state: Vec::new() };
        let mut end = 0;
        let place = |Group { name, aliases, array }| {
            record(name.unwrap_or_default(), aliases, array, &mut end)
        };
        let mut tensors: Vec<Record<'_>> = groups.into_iter().map(place).collect();
        let mut training = match &extras.training {
            Some(training) => Some(image.training(training, &mut end)?),
            None => None,
        };
        let slots = training.iter_mut().flat_map(|training| &mut training.slots);
        let records = tensors.iter_mut().chain(slots.flat_map(|slot| &mut slot.state));
        for (record, checksum) in records.zip(image.checksums()?) {
            record.checksum = checksum;
        }
        let named = matches!(arrays, Arrays::Dict(_));
        let values = extras.values.iter().map(|(key, value)| (&**key, &**value)).collect();
        let Extras { step, seed, .. } = *extras;
        let header = Header { named, tensors, training, step, seed, values }.to_bytes();

        image.head.extend(MAGIC);
        image.head.extend(VERSION.to_le_bytes());
        image.head.extend(crc32fast::hash(&header).to_le_bytes());
        image.head.extend((header.len() as u64).to_le_bytes());
        image.head.extend(header);
        image.head.resize(image.head.len().next_multiple_of(ALIGNMENT), 0);
        Ok(image)
    }

    fn training<'h>(
        &mut self,
        training: &'h Training,
        end: &mut usize,
    ) -> Result<header::Training<'h>> {
        let mut slots = Vec::with_capacity(training.slots.len());
        for Slot { parameter, count, state } in &training.slots {
            let mut records = Vec::with_capacity(state.len());
            for (name, stored) in state {
                let array = stored.read(name)?;
                records.push(record(name, Vec::new(), &array, end));
                self.state.push(array);
            }
            slots.push(header::Slot { parameter, count: *count, state: records });
        }
        let Training { optimizer, learning_rate, .. } = training;
        Ok(header::Training { optimizer, learning_rate: *learning_rate, slots })
    }

    /// The arrays in the order of the file.
    fn arrays(&self) -> impl Iterator<Item = &Array> {
        self.tensors.iter().copied().chain(&self.state)
    }

    /// The checksums of the arrays.
    fn checksums(&self) -> Result<Vec<u32>> {
        let arrays: Vec<&Array> = self.arrays().collect();
        let size = |array: &&Array| array.shape().size();
        index::each(&arrays, size, &|array| Ok(crc32fast::hash(array.bytes())))
    }

    /// Writes the bytes of the file.
    pub(crate) fn write(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        out.write_all(&self.head)?;
        let mut end = 0usize;
        for array in self.arrays() {
            let padding = end.next_multiple_of(ALIGNMENT) - end;
            out.write_all(&[0; ALIGNMENT][..padding])?;
            out.write_all(array.bytes())?;
            end += padding + array.bytes().len();
        }
        Ok(())
    }
}

/// Places `array`, whose checksum is not known yet, after those before, which end at `end`.
fn record<'h>(name: &'h str, aliases: Vec<&'h str>, array: &Array, end: &mut usize) -> Record<'h> {
    let offset = end.next_multiple_of(ALIGNMENT);
    *end = offset + array.bytes().len();
    Record {
        name,
        aliases,
        dtype: array.dtype().name(),
        shape: array.shape().iter().map(|&size| size as u64).collect(),
        offset: offset as u64,
        checksum: 0,
    }
}

/// What a file holds. Elements are checked as they are read.
pub(crate) fn open(source: &Arc<Source>) -> Result<(Index, Extras)> {
    let bytes = read_header(source)?;
    let header = Header::from_bytes(&bytes)
        .map_err(|found| source.invalid(FORMAT, HEAD, "a header of version 1", found))?;
    let data = (HEAD + bytes.len()).next_multiple_of(ALIGNMENT);
    let mut place = Placer { source, data, end: 0 };

    let mut entries = Vec::with_capacity(header.tensors.len());
    for record in header.tensors {
        let stored = place.stored(&record)?;
        for name in std::iter::once(record.name).chain(record.aliases) {
            entries.push((name.to_owned(), stored.clone()));
        }
    }
    if header.named {
        check_names(source, &entries)?;
    }
    let mut training = None;
    if let Some(header::Training { optimizer, learning_rate, slots }) = header.training {
        let slots = slots.into_iter().map(|header::Slot { parameter, count, state }| {
            let state = state
                .into_iter()
                .map(|record| Ok((record.name.to_owned(), place.stored(&record)?)))
                .collect::<Result<_>>()?;
            Ok(Slot { parameter: parameter.to_owned(), count, state })
        });
        let slots = slots.collect::<Result<_>>()?;
        let optimizer = optimizer.to_owned();
        training = Some(Training { optimizer, learning_rate, slots });
    }
    place.finish()?;
    let index = Index { entries, named: header.named, notes: Vec::new() };
    let values = header.values.iter().map(|(key, value)| ((*key).to_owned(), value.to_vec()));
    let (step, seed, values) = (header.step, header.seed, values.collect());
    Ok((index, Extras { training, step, seed, values }))
}

/// Checks that no name occurs twice.
fn check_names(source: &Source, entries: &[(String, Stored)]) -> Result<()> {
    let mut names = HashSet::with_capacity(entries.len());
    match entries.iter().find(|(name, _)| !names.insert(name)) {
        Some((name, _)) => {
            let found = format!("`{}` twice", name.escape_debug());
            Err(source.invalid(FORMAT, HEAD, "names that differ", found))
        }
        None => Ok(()),
    }
}

/// The header's bytes.
fn read_header(source: &Source) -> Result<Cow<'_, [u8]>> {
    let len = source.len();
    let head = source.head(HEAD)?;
    let Some((magic, rest)) = head.split_first_chunk::<8>().filter(|_| head.len() == HEAD) else {
        let expected = format!("{HEAD} bytes at least");
        return Err(source.invalid(FORMAT, 0, expected, format!("{len} bytes")));
    };
    if *magic != MAGIC {
        let (expected, found) = match Format::of_bytes(&head) {
            Some(other) => (
                "the first bytes of one; `load_parameters` reads other formats",
                format!("those of {other}"),
            ),
            None => ("the first bytes of one", format!("{magic:02x?}")),
        };
        return Err(source.invalid(FORMAT, 0, expected, found));
    }
    let word = |at: usize| rest[at..at + 4].try_into().map_or(0, u32::from_le_bytes);
    let (version, checksum) = (word(0), word(4));
    if version != VERSION {
        let expected = format!("version {VERSION}; update this program");
        return Err(source.invalid(FORMAT, 8, expected, version.to_string()));
    }
    let size = u64::from(word(8)) | u64::from(word(12)) << 32;
    let size = usize::try_from(size).ok().filter(|size| *size <= len - HEAD);
    let Some(size) = size else {
        let found = format!("{} left", len - HEAD);
        return Err(source.invalid(FORMAT, 16, "the length of the header", found));
    };
    let bytes = source.bytes(HEAD..HEAD + size)?;
    if crc32fast::hash(&bytes) != checksum {
        let expected = "a header of the checksum before it";
        return Err(source.invalid(FORMAT, HEAD, expected, "another one"));
    }
    Ok(bytes)
}

/// An array in errors, by its name.
struct Label<'n>(&'n str);

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "array `{}`", self.0.escape_debug())
    }
}

/// The shape of these sizes, if it is one on this machine.
fn to_shape(sizes: &[u64]) -> Option<Shape> {
    let mut dims = [0; MAX_RANK];
    let dims = dims.get_mut(..sizes.len())?;
    for (dim, &size) in dims.iter_mut().zip(sizes) {
        *dim = size.try_into().ok()?;
    }
    Shape::try_new(dims)
}

/// Finds the arrays of a file, one after another.
struct Placer<'s> {
    source: &'s Arc<Source>,
    /// Where elements begin.
    data: usize,
    /// Where the arrays so far end, counted from there.
    end: usize,
}

impl Placer<'_> {
    fn stored(&mut self, record: &Record<'_>) -> Result<Stored> {
        let Record { name, dtype, shape, offset, checksum, .. } = record;
        let label = Label(name);
        let error = |expected, found: String| self.source.invalid(FORMAT, HEAD, expected, found);

        let known = DType::ALL.iter().find(|known| known.name() == *dtype);
        let dtype = *known
            .ok_or_else(|| error(format!("an element type for {label}"), format!("{dtype:?}")))?;
        let fits = to_shape(shape).and_then(|shape| Some((shape, dtype.byte_len(&shape)?)));
        let (shape, len) = fits.ok_or_else(|| {
            error(format!("a shape that fits into memory for {label}"), format!("{shape:?}"))
        })?;

        let expected = self.end.next_multiple_of(ALIGNMENT);
        if *offset != expected as u64 {
            return Err(error(format!("{label} to begin at {expected}"), offset.to_string()));
        }
        let range = (self.data.checked_add(expected)).and_then(|start| {
            let end = start.checked_add(len)?;
            (end <= self.source.len()).then_some(start..end)
        });
        let Some(range) = range else {
            let left = self.source.len().saturating_sub(self.data);
            return Err(error(
                format!("{len} bytes at {expected} for {label}"),
                format!("{left} bytes"),
            ));
        };
        self.end = expected + len;

        let plain = Plain::new(self.source, range).with_checksum(*checksum);
        Ok(Stored::plain(dtype, shape, plain))
    }

    /// Nothing may follow the elements.
    fn finish(&self) -> Result<()> {
        let len = self.source.len();
        let end = self.data.saturating_add(self.end);
        // A file without elements may end before the padding does.
        if len == end || (self.end == 0 && len <= end) {
            return Ok(());
        }
        let found = format!("{} bytes more", len - end);
        Err(self.source.invalid(FORMAT, end, "the end of the file", found))
    }
}
