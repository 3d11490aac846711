//! Plain elements: bytes of a file that are elements as they stand.

use std::ops::Range;
use std::sync::Arc;

use crc32fast::Hasher;

use super::array::Array;
use super::format::Format;
use super::source::{Source, WINDOW};
use crate::dtype::DType;
use crate::error::Result;
use crate::shape::Shape;

/// Bytes that are read and checked together: they are in the processor's cache then.
const PIECE: usize = 1 << 17;

/// A range of a file's bytes that holds the elements of an array.
#[derive(Clone)]
pub(crate) struct Plain {
    source: Arc<Source>,
    range: Range<usize>,
    /// The CRC-32 of the bytes, if the file tells it.
    checksum: Option<u32>,
}

impl Plain {
    /// The bytes of `range`, which exist.
    pub(crate) fn new(source: &Arc<Source>, range: Range<usize>) -> Plain {
        Plain { source: Arc::clone(source), range, checksum: None }
    }

    /// Bytes that are an error unless they have this checksum.
    #[cfg(feature = "checkpoint")]
    pub(crate) fn with_checksum(self, checksum: u32) -> Plain {
        Plain { checksum: Some(checksum), ..self }
    }

    pub(super) fn range(&self) -> &Range<usize> {
        &self.range
    }

    /// Whether the elements go into memory that the thread has kept.
    pub(super) fn is_small(&self) -> bool {
        self.range.len() < WINDOW
    }

    /// The array of these elements, which fit its shape; `name` serves the errors.
    pub(super) fn read(&self, name: &str, dtype: DType, shape: Shape) -> Result<Array> {
        let array = self.source.array(dtype, shape, self.range.clone())?;
        self.verify(name, |see| {
            see(array.bytes());
            Ok(())
        })?;
        Ok(array)
    }

    /// Reads every byte and keeps none.
    ///
    /// # Errors
    /// What [`read`](Plain::read) returns.
    pub(super) fn check(&self, name: &str) -> Result<()> {
        self.verify(name, |see| self.source.pieces(self.range.clone(), PIECE, see))
    }

    /// Reads the elements over those whose bytes `out` is, as many as these.
    ///
    /// # Errors
    /// What [`read`](Plain::read) returns; part of `out` is written then.
    pub(super) fn read_into(&self, name: &str, out: &mut [u8]) -> Result<()> {
        self.verify(name, |see| {
            for (start, piece) in self.range.clone().step_by(PIECE).zip(out.chunks_mut(PIECE)) {
                self.source.read(start, piece)?;
                see(piece);
            }
            Ok(())
        })
    }

    /// Compares the checksum with that of the bytes that `read` shows.
    fn verify(
        &self,
        name: &str,
        read: impl FnOnce(&mut dyn FnMut(&[u8])) -> Result<()>,
    ) -> Result<()> {
        let Some(checksum) = self.checksum else {
            return read(&mut |_| {});
        };
        let mut hasher = Hasher::new();
        read(&mut |piece| hasher.update(piece))?;
        if hasher.finalize() == checksum {
            return Ok(());
        }
        let expected = format!("array `{}` as its checksum says", name.escape_debug());
        let (format, start) = (Format::Gluon.name(), self.range.start);
        Err(self.source.invalid(format, start, expected, "other bytes"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use std::fs;

    use super::*;
    use crate::error::Error;

    const LEN: usize = 2 * PIECE + 4;

    fn written(path: &std::path::Path) -> (Vec<u8>, Plain) {
        let bytes: Vec<u8> = (0..LEN + 8).map(|i| (i * i / 7) as u8).collect();
        fs::write(path, &bytes).unwrap();
        let source = Arc::new(Source::open(path).unwrap());
        let crc = crc32fast::hash(&bytes[8..]);
        let plain = Plain { checksum: Some(crc), ..Plain::new(&source, 8..LEN + 8) };
        (bytes, plain)
    }

    #[test]
    fn every_way_reads_the_same_bytes() {
        let directory = tempfile::tempdir().unwrap();
        let (bytes, plain) = written(&directory.path().join("a"));
        plain.check("a").unwrap();
        let mut out = vec![0; LEN];
        plain.read_into("a", &mut out).unwrap();
        assert!(out == bytes[8..]);
        let array = plain.read("a", DType::U8, Shape::from(LEN)).unwrap();
        assert!(array.bytes() == &bytes[8..]);
        let memory = Arc::new(Source::memory(Arc::new(bytes.clone()), "a".as_ref()));
        let plain = Plain { source: memory, ..plain };
        plain.check("a").unwrap();
        out.fill(0);
        plain.read_into("a", &mut out).unwrap();
        assert!(out == bytes[8..]);
    }

    #[test]
    fn every_way_finds_other_bytes() {
        let directory = tempfile::tempdir().unwrap();
        for at in [8, 8 + PIECE, LEN + 7] {
            let path = directory.path().join("a");
            let (mut bytes, plain) = written(&path);
            bytes[at] ^= 1;
            fs::write(&path, &bytes).unwrap();
            let mut out = vec![0; LEN];
            let results = [
                plain.check("a"),
                plain.read_into("a", &mut out),
                plain.read("a", DType::U8, Shape::from(LEN)).map(drop),
            ];
            for result in results {
                let error = result.unwrap_err().to_string();
                assert!(error.contains("array `a` as its checksum says"), "{error}");
            }
        }
    }

    #[test]
    fn a_file_that_shrinks_is_an_error_of_the_disk() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        let (bytes, plain) = written(&path);
        fs::write(&path, &bytes[..LEN / 2]).unwrap();
        assert!(matches!(plain.check("a"), Err(Error::Io { .. })));
        assert!(matches!(plain.read_into("a", &mut vec![0; LEN]), Err(Error::Io { .. })));
    }
}
