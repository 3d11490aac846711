//! `.npz`: a ZIP archive of `.npy` files, what NumPy's `savez` and `savez_compressed` write.
//!
//! The crate `zip` reads and writes the archive. A list is stored as `arr_0`, `arr_1`, .., as NumPy
//! does it.

use std::collections::HashSet;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::array::Array;
use super::atomic;
use super::contents::Arrays;
use super::index::{Index, Stored};
use super::source::Source;
use crate::buffer::{for_dtype, room};
use crate::error::{Error, Result};
use crate::tensor::Tensor;

mod npy;

use npy::Header;

/// The format's name in errors.
const FORMAT: &str = "npz";

/// The bytes that the name of a file in a ZIP archive may have.
const LONGEST_NAME: usize = u16::MAX as usize;

/// Writes the file at `path`; arrays are not compressed.
pub(super) fn write(path: &Path, arrays: &Arrays) -> Result<()> {
    let name = |(index, name): (usize, Option<&str>)| match name {
        Some(name) => format!("{name}.npy"),
        None => format!("arr_{index}.npy"),
    };
    let names: Vec<String> = arrays.iter().map(|(name, _)| name).enumerate().map(name).collect();
    if let Some(name) = names.iter().find(|name| name.len() > LONGEST_NAME) {
        let expected = "names of at most 65531 bytes";
        let found = format!("one of {}", name.len() - ".npy".len());
        return Err(Error::Unstorable { format: FORMAT, expected, found });
    }
    atomic::write(path, |out| {
        let mut zip = ZipWriter::new_stream(out);
        let options = SimpleFileOptions::DEFAULT.compression_method(CompressionMethod::Stored);
        for (name, (_, array)) in names.into_iter().zip(arrays.iter()) {
            let options = options.large_file(array.bytes().len() >= 1 << 31);
            zip.start_file(name, options).map_err(io::Error::other)?;
            zip.write_all(&npy::header(array))?;
            zip.write_all(array.bytes())?;
        }
        zip.finish().map(drop).map_err(io::Error::other)
    })
}

/// What a file holds.
pub(super) fn index(source: &Arc<Source>) -> Result<Index> {
    let reader = Position { source: Arc::clone(source), offset: 0 };
    let mut archive = ZipArchive::new(reader)
        .map_err(|cause| error(source, 0, "a ZIP archive", cause.to_string()))?;
    let mut room = room(source.len());
    let mut entries: Vec<(String, Stored)> = Vec::with_capacity(archive.len());
    let mut names = HashSet::with_capacity(archive.len());
    for index in 0..archive.len() {
        let (name, header, start) = open(source, &mut archive, index)?;
        let label = format!("`{}`", name.escape_debug());
        let file = member(source, &mut archive, index)?;
        let len = header.dtype.byte_len(&header.shape);
        let whole = len.and_then(|len| len.checked_add(header.len));
        if whole.map(|len| len as u64) != Some(file.size()) {
            let expected = format!("{label} to hold {} {}", header.dtype, header.shape);
            return Err(error(source, start, expected, format!("{} bytes", file.size())));
        }
        let len = len.unwrap_or(0);
        let Some(rest) = room.checked_sub(len) else {
            let expected = format!("{label} to take at most {room} bytes when inflated");
            return Err(error(source, start, expected, format!("{len} bytes")));
        };
        room = rest;
        drop(file);
        if !names.insert(name.clone()) {
            return Err(error(source, start, "names that differ", format!("{label} twice")));
        }
        let (dtype, shape) = (header.dtype, header.shape);
        let (source, archive) = (Arc::clone(source), archive.clone());
        let stored = Stored::encoded(dtype, shape, move || {
            let mut archive = archive.clone();
            let mut file = member(&source, &mut archive, index)?;
            inflate(&mut file, &header).map_err(|cause| {
                error(&source, start, format!("the elements of {label}"), cause.to_string())
            })
        });
        entries.push((name, stored));
    }
    let is_list =
        entries.iter().enumerate().all(|(index, (name, _))| *name == format!("arr_{index}"));
    Ok(Index { entries, named: !is_list, notes: Vec::new() })
}

type Archive = ZipArchive<Position>;

/// The name of a file of the archive, its header, and where in the archive it begins.
fn open(source: &Source, archive: &mut Archive, index: usize) -> Result<(String, Header, usize)> {
    let mut file = member(source, archive, index)?;
    let start = file.header_start() as usize;
    let name = std::str::from_utf8(file.name_raw())
        .map_err(|_| error(source, start, "a name in UTF-8", format!("{:?}", file.name())))?;
    let name = name.strip_suffix(".npy").unwrap_or(name).to_owned();
    let header = npy::read_header(&mut file).map_err(|found| {
        error(source, start, format!("the header of an array in `{}`", name.escape_debug()), found)
    })?;
    Ok((name, header, start))
}

fn member<'a>(
    source: &Source,
    archive: &'a mut Archive,
    index: usize,
) -> Result<zip::read::ZipFile<'a, Position>> {
    archive.by_index(index).map_err(|cause| {
        error(source, 0, format!("file {index} of the archive"), cause.to_string())
    })
}

fn error(source: &Source, offset: usize, expected: impl Into<String>, found: String) -> Error {
    source.invalid(FORMAT, offset, expected, found)
}

/// Reads the elements after a header of which all is known, and lets the archive check them.
fn inflate(file: &mut impl Read, header: &Header) -> io::Result<Array> {
    io::copy(&mut file.take(header.len as u64), &mut io::sink())?;
    let mut shape = header.shape;
    if header.fortran {
        shape.dims_mut().reverse();
    }
    let tensor = for_dtype!(header.dtype, T => {
        let elements = read_elements::<T>(file, shape.size(), header.swapped)?;
        Tensor::from_vec(elements, shape).map_err(io::Error::other)?
    });
    if file.read(&mut [0])? != 0 {
        return Err(io::Error::other("more bytes than it says"));
    }
    if !header.fortran {
        return Ok(tensor.into());
    }
    let axes: Vec<usize> = (0..shape.rank()).rev().collect();
    tensor.permute(&axes).map(Array::from).map_err(io::Error::other)
}

fn read_elements<T: crate::dtype::Element>(
    file: &mut impl Read,
    count: usize,
    swapped: bool,
) -> io::Result<Vec<T>> {
    let mut elements = vec![T::default(); count];
    match T::in_place_mut(&mut elements) {
        Some(bytes) if !swapped => file.read_exact(bytes)?,
        _ => {
            let mut bytes = vec![0; count * T::DTYPE.size()];
            file.read_exact(&mut bytes)?;
            if swapped {
                bytes.chunks_exact_mut(T::DTYPE.size()).for_each(<[u8]>::reverse);
            }
            elements = T::decode(&bytes);
        }
    }
    Ok(elements)
}

/// A source as a reader.
#[derive(Clone)]
struct Position {
    source: Arc<Source>,
    offset: u64,
}

impl Read for Position {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let len = self.source.len() as u64;
        let count = len.saturating_sub(self.offset).min(out.len() as u64) as usize;
        if count > 0 {
            let start = self.offset as usize; // below the length, which is a `usize`
            self.source.read(start, &mut out[..count]).map_err(io::Error::other)?;
        }
        self.offset += count as u64;
        Ok(count)
    }
}

impl Seek for Position {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let offset = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(by) => (self.source.len() as u64).checked_add_signed(by),
            SeekFrom::Current(by) => self.offset.checked_add_signed(by),
        };
        self.offset = offset.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.offset)
    }
}
