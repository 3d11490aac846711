//! The reader of IDX files: every byte string is an array or an error.

use std::io::{self, Read};
use std::path::Path;

use super::{Idx, TYPES};
use crate::buffer::room;
use crate::error::{Error, Result};
use crate::shape::{MAX_RANK, Shape};

/// Reads an array from `source`, whose size in bytes is `source_size`; `path` names it in errors.
pub(super) fn read(mut source: impl Read, source_size: u64, path: &Path) -> Result<Idx> {
    let io = Error::io("read", path);
    let mut start = Vec::new();
    source.by_ref().take(GZIP.len() as u64).read_to_end(&mut start).map_err(io)?;
    let is_gzip = start == GZIP;
    let source = io::Cursor::new(start).chain(source);
    if is_gzip {
        let source = decompress(source).map_err(io)?;
        Stream { source, is_gzip, path, offset: 0 }.read(source_size)
    } else {
        Stream { source, is_gzip, path, offset: 0 }.read(source_size)
    }
}

/// The first bytes of a gzip file; those of an IDX file are 0.
const GZIP: [u8; 2] = [0x1f, 0x8b];

#[cfg(feature = "gzip")]
fn decompress(source: impl Read) -> io::Result<impl Read> {
    Ok(flate2::read::MultiGzDecoder::new(source))
}

#[cfg(not(feature = "gzip"))]
fn decompress<R: Read>(_: R) -> io::Result<R> {
    Err(super::no_gzip())
}

/// Uncompressed data on its way in.
struct Stream<'a, R> {
    source: R,
    is_gzip: bool,
    path: &'a Path,
    /// The number of bytes read so far.
    offset: u64,
}

impl<R: Read> Stream<'_, R> {
    /// The whole file.
    fn read(mut self, source_size: u64) -> Result<Idx> {
        let magic = self.exactly(4, "the 4 bytes that say type and number of axes")?;
        if magic[..2] != [0, 0] {
            let found = format!("{:#04x} {:#04x}", magic[0], magic[1]);
            return Err(self.format("two zero bytes", found, 0));
        }
        let Some(&(dtype, _)) = TYPES.iter().find(|(_, code)| *code == magic[2]) else {
            let expected = "a type code (0x08, 0x09, 0x0b, 0x0c, 0x0d or 0x0e)";
            return Err(self.format(expected, format!("{:#04x}", magic[2]), 2));
        };
        let rank = usize::from(magic[3]);
        if rank > MAX_RANK {
            let expected = format!("at most {MAX_RANK} axes");
            return Err(self.format(expected, rank.to_string(), 3));
        }

        let sizes = self.exactly(4 * rank, &format!("the sizes of {rank} axes"))?;
        let (sizes, _) = sizes.as_chunks::<4>();
        let sizes: Vec<usize> = sizes.iter().map(|&n| u32::from_be_bytes(n) as usize).collect();
        let shape = Shape::new(&sizes);
        let Some(count) = dtype.byte_len(&shape) else {
            let expected = "sizes whose product memory can hold";
            return Err(self.format(expected, shape.to_string(), 4));
        };

        let room = room(usize::try_from(source_size).unwrap_or(usize::MAX));
        if self.is_gzip && count > room {
            let expected = format!("elements that take at most {room} bytes when inflated");
            return Err(self.format(expected, format!("{count} bytes"), 4));
        }

        // One byte more than there should be, to see whether the file ends there. Memory is set
        // aside only for as many bytes as the file has: what the header says proves nothing.
        let wanted = count as u64 + 1;
        let capacity = wanted.min(source_size) as usize;
        let bytes = self.up_to(wanted, Vec::with_capacity(capacity))?;
        if bytes.len() < count {
            let expected = format!("{count} bytes of {dtype} elements for shape {shape}");
            return Err(self.format(expected, "the end of the file", self.offset));
        }
        if bytes.len() > count {
            let expected = format!("the end after {dtype} elements of shape {shape}");
            return Err(self.format(expected, "more bytes", self.offset - 1));
        }
        Ok(Idx { shape, dtype, bytes })
    }

    /// The next `count` bytes, which are `what`; a small number.
    fn exactly(&mut self, count: usize, what: &str) -> Result<Vec<u8>> {
        let bytes = self.up_to(count as u64, Vec::new())?;
        if bytes.len() < count {
            return Err(self.format(what, "the end of the file", self.offset));
        }
        Ok(bytes)
    }

    /// The next `count` bytes, or fewer where the file ends, put into `bytes`.
    fn up_to(&mut self, count: u64, mut bytes: Vec<u8>) -> Result<Vec<u8>> {
        let result = self.source.by_ref().take(count).read_to_end(&mut bytes);
        self.offset += bytes.len() as u64;
        match result {
            Ok(_) => Ok(bytes),
            Err(error) if self.is_gzip && is_corruption(&error) => {
                Err(self.format("intact gzip data", error.to_string(), self.offset))
            }
            Err(error) => Err(Error::io("read", self.path)(error)),
        }
    }

    fn format(&self, expected: impl Into<String>, found: impl Into<String>, offset: u64) -> Error {
        let (expected, found) = (expected.into(), found.into());
        Error::Format { path: self.path.to_owned(), format: "IDX", expected, found, offset }
    }
}

/// Whether a decompressor means the data, not the device, by this error.
fn is_corruption(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    /// A small valid file.
    fn small() -> Vec<u8> {
        Idx::new([2, 3], &[1i16, -2, 3, -4, 5, -6]).unwrap().to_bytes()
    }

    /// What is wrong with `bytes`, and where.
    #[track_caller]
    fn error_of(bytes: &[u8]) -> (String, u64) {
        match Idx::from_bytes(bytes, "file").unwrap_err() {
            error @ Error::Format { offset, .. } => (error.to_string(), offset),
            error => panic!("{error:?}"),
        }
    }

    #[test]
    fn truncation_is_noticed_at_every_length() {
        let file = small();
        for length in 0..file.len() {
            let (message, offset) = error_of(&file[..length]);
            assert!(message.contains("found the end of the file"), "{message}");
            assert_eq!(offset, length as u64);
        }
    }

    #[test]
    fn trailing_bytes_are_noticed() {
        let mut file = small();
        file.extend([0; 10]);
        let expected = "`file` is not a valid IDX file: expected the end after int16 elements of \
                        shape (2, 3), found more bytes at byte 24";
        assert_eq!(error_of(&file), (expected.to_owned(), 24));
    }

    #[test]
    fn flipped_bits_of_the_header_are_noticed() {
        let file = small();
        for bit in 0..8 * 12 {
            let mut file = file.clone();
            file[bit / 8] ^= 1 << (bit % 8);
            // No header with one bit changed stands for the 12 bytes of elements that follow.
            error_of(&file);
        }
    }

    #[test]
    fn foreign_files_are_named_as_such() {
        let expected = "`file` is not a valid IDX file: expected two zero bytes, found 0x89 0x50 \
                        at byte 0";
        assert_eq!(error_of(b"\x89PNG\r\n\x1a\n"), (expected.to_owned(), 0));
        let (message, offset) = error_of(&[0, 0, 0x0a, 1, 0, 0, 0, 0]);
        assert!(message.contains("expected a type code"), "{message}");
        assert_eq!(offset, 2);
    }

    #[test]
    fn absurd_sizes_are_refused_before_memory_is_taken() {
        let header = |rank: u8, size: u32| {
            let mut header = vec![0, 0, 0x0e, rank];
            (0..rank).for_each(|_| header.extend(size.to_be_bytes()));
            header
        };
        assert!(error_of(&header(255, 1)).0.contains("at most 8 axes, found 255 at byte 3"));
        assert!(error_of(&header(8, u32::MAX)).0.contains("product memory can hold"));
        // Half an exbibyte is promised: setting it aside would abort.
        assert!(error_of(&header(2, 1 << 28)).0.contains("found the end of the file at byte 12"));
        // An empty array, whose other sizes overflow all the same.
        let mut empty = header(4, u32::MAX);
        empty[4..8].fill(0);
        assert!(error_of(&empty).0.contains("product memory can hold"));
    }

    #[test]
    fn empty_arrays_and_single_numbers_are_read() {
        let empty = Idx::from_bytes(&[0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0, 28], "file").unwrap();
        assert_eq!((empty.shape().dims(), empty.as_u8()), (&[0, 28][..], Some(&[][..])));
        let scalar = Idx::from_bytes(&[0, 0, 8, 0, 7], "file").unwrap();
        assert_eq!((scalar.shape().dims(), scalar.as_u8()), (&[][..], Some(&[7][..])));
    }

    #[test]
    #[cfg(not(feature = "gzip"))]
    fn compressed_files_ask_for_the_feature() {
        let error = Idx::from_bytes(&[0x1f, 0x8b, 8, 0], "file.gz").unwrap_err();
        let source = std::error::Error::source(&error).unwrap();
        assert!(source.to_string().contains("feature `gzip`"), "{source}");
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Idx::from_bytes(&bytes, "random");
        }

        #[test]
        fn files_that_are_read_are_written_the_same(
            code in 7u8..16,
            sizes in prop::collection::vec(0u32..4, 0..4),
            elements in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            let mut file = vec![0, 0, code, sizes.len() as u8];
            sizes.iter().for_each(|size| file.extend(size.to_be_bytes()));
            file.extend(elements);
            if let Ok(array) = Idx::from_bytes(&file, "random") {
                prop_assert_eq!(array.to_bytes(), file);
            }
        }
    }

    #[cfg(feature = "gzip")]
    mod gzip {
        use super::*;
        use crate::data::idx::compress;

        #[test]
        fn compressed_bytes_are_recognized() {
            let file = small();
            let array = Idx::from_bytes(&compress(&file).unwrap(), "file").unwrap();
            assert_eq!(array.to_bytes(), file);
        }

        #[test]
        fn truncation_of_compressed_data_is_noticed_at_every_length() {
            let file = compress(&small()).unwrap();
            for length in 0..file.len() {
                error_of(&file[..length]);
            }
        }

        #[test]
        fn flipped_bits_of_compressed_data_give_the_array_or_an_error() {
            let array = Idx::from_bytes(&small(), "file").unwrap();
            let file = compress(&small()).unwrap();
            for bit in 0..8 * file.len() {
                let mut file = file.clone();
                file[bit / 8] ^= 1 << (bit % 8);
                // Some bits of the gzip header, such as those of the time, say nothing.
                if let Ok(found) = Idx::from_bytes(&file, "file") {
                    assert_eq!(found, array, "bit {bit}");
                }
            }
        }

        #[test]
        fn bytes_after_compressed_data_are_noticed() {
            let mut file = compress(&small()).unwrap();
            file.push(0);
            assert!(error_of(&file).0.contains("expected intact gzip data"));
        }

        #[test]
        fn a_small_file_does_not_fill_memory() {
            // 64 MiB and a byte, of which none is there.
            let header = [0, 0, 8, 1, 4, 0, 0, 1];
            let (message, offset) = error_of(&compress(&header).unwrap());
            let expected = "expected elements that take at most 67108864 bytes when inflated";
            assert!(message.contains(expected), "{message}");
            assert_eq!(offset, 4);
            assert!(error_of(&header).0.contains("found the end of the file"));
        }

        #[test]
        fn decompression_stops_where_the_array_ends() {
            let mut file = small();
            file.resize(64 << 20, 0);
            let (message, offset) = error_of(&compress(&file).unwrap());
            assert!(message.contains("found more bytes"), "{message}");
            assert_eq!(offset, 24);
        }
    }
}
