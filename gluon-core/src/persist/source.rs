//! Sources: the bytes of a file, read where they are needed.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::array::Array;
use crate::buffer::{for_dtype, zeros};
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// Bytes that are read at once, so that small arrays and the words around them share a call to
/// the operating system.
const WINDOW: usize = 1 << 16;

/// The bytes of a file, whose length is known.
///
/// Of a file on disk only what is asked for comes into memory, so that a model is loaded without
/// its file beside it.
pub(crate) struct Source {
    path: PathBuf,
    len: usize,
    kind: Kind,
}

/// Bytes in memory, whoever holds them: a vector, or a map of a file.
pub(crate) type Bytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

enum Kind {
    Memory(Bytes),
    File { file: File, window: Mutex<Window> },
}

/// The part of a file that was read last.
#[derive(Default)]
struct Window {
    start: usize,
    bytes: Vec<u8>,
}

impl Source {
    /// The file at `path`; a pipe or device is read to its end.
    pub(crate) fn open(path: &Path) -> Result<Source> {
        let wrap = |source| Error::Io { action: "read", path: path.to_path_buf(), source };
        let file = File::open(path).map_err(wrap)?;
        let metadata = file.metadata().map_err(wrap)?;
        if !metadata.is_file() {
            return Ok(Source::memory(Arc::new(fs::read(path).map_err(wrap)?), path));
        }
        let len = usize::try_from(metadata.len()).map_err(|error| wrap(io::Error::other(error)))?;
        let kind = Kind::File { file, window: Mutex::default() };
        Ok(Source { path: path.to_path_buf(), len, kind })
    }

    /// These bytes, as those of a file at `path`.
    pub(crate) fn memory(bytes: Bytes, path: &Path) -> Source {
        let (path, len) = (path.to_path_buf(), (*bytes).as_ref().len());
        Source { path, len, kind: Kind::Memory(bytes) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Fills `out` with the bytes from `start` on, which the caller has found to exist.
    pub(crate) fn read(&self, start: usize, out: &mut [u8]) -> Result<()> {
        match &self.kind {
            Kind::Memory(bytes) => {
                out.copy_from_slice(&(**bytes).as_ref()[start..start + out.len()]);
                Ok(())
            }
            Kind::File { file, window } => {
                let mut read = || {
                    // much at once needs no window, and threads need not wait for each other
                    if cfg!(unix) && out.len() >= WINDOW {
                        return read_at(file, start, out);
                    }
                    window.lock().unwrap_or_else(PoisonError::into_inner).read(file, start, out)
                };
                let wrap = |source| Error::Io { action: "read", path: self.path.clone(), source };
                read().map_err(wrap)
            }
        }
    }

    /// The bytes of `range`, which the caller has found to exist.
    pub(crate) fn bytes(&self, range: Range<usize>) -> Result<Cow<'_, [u8]>> {
        match &self.kind {
            Kind::Memory(bytes) => Ok(Cow::Borrowed(&(**bytes).as_ref()[range])),
            Kind::File { .. } => {
                let mut bytes = vec![0; range.len()];
                self.read(range.start, &mut bytes)?;
                Ok(Cow::Owned(bytes))
            }
        }
    }

    /// Shows `f` the bytes of `range`, which the caller has found to exist, in pieces of at most
    /// `len` bytes unless they are in memory.
    pub(crate) fn pieces(
        &self,
        range: Range<usize>,
        len: usize,
        f: &mut dyn FnMut(&[u8]),
    ) -> Result<()> {
        if let Kind::Memory(bytes) = &self.kind {
            f(&(**bytes).as_ref()[range]);
            return Ok(());
        }
        let mut piece = vec![0; len.min(range.len())];
        for start in range.clone().step_by(len) {
            let piece = &mut piece[..len.min(range.end - start)];
            self.read(start, piece)?;
            f(piece);
        }
        Ok(())
    }

    /// The first bytes, at most `len` of them.
    pub(crate) fn head(&self, len: usize) -> Result<Cow<'_, [u8]>> {
        self.bytes(0..len.min(self.len))
    }

    /// The array whose elements are the bytes of `range`, which exist and fit its shape.
    pub(crate) fn array(&self, dtype: DType, shape: Shape, range: Range<usize>) -> Result<Array> {
        if let Kind::Memory(bytes) = &self.kind {
            return Ok(Array::part(dtype, shape, bytes, range));
        }
        for_dtype!(dtype, T => self.elements::<T>(shape, range)).map(Array::from)
    }

    /// Elements are read straight into a tensor if their bytes are the machine's own.
    fn elements<T: Element>(&self, shape: Shape, range: Range<usize>) -> Result<Tensor> {
        let mut elements = zeros::<T>(shape.size());
        match T::in_place_mut(&mut elements) {
            Some(bytes) => self.read(range.start, bytes)?,
            None => elements = T::decode(&self.bytes(range)?),
        }
        Tensor::from_vec(elements, shape)
    }
}

impl Window {
    fn read(&mut self, mut file: &File, start: usize, out: &mut [u8]) -> io::Result<()> {
        if out.len() >= WINDOW {
            return read_at(file, start, out);
        }
        let end = start + out.len();
        if start < self.start || end > self.start + self.bytes.len() {
            file.seek(SeekFrom::Start(start as u64))?;
            self.bytes.clear();
            file.take(WINDOW as u64).read_to_end(&mut self.bytes)?;
            self.start = start;
        }
        let from = start - self.start;
        let bytes = self.bytes.get(from..from + out.len());
        // the file has become shorter since it was opened
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

/// Fills `out` from byte `start` on; on unix without moving the place that the file is read from.
fn read_at(
    #[cfg_attr(unix, expect(unused_mut))] mut file: &File,
    start: usize,
    out: &mut [u8],
) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_exact_at(file, out, start as u64);
    #[cfg(not(unix))]
    {
        file.seek(SeekFrom::Start(start as u64))?;
        file.read_exact(out)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_as_memory_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        let bytes: Vec<u8> = (0..3 * WINDOW + 7).map(|i| (i * i / 7) as u8).collect();
        fs::write(&path, &bytes).unwrap();
        let file = Source::open(&path).unwrap();
        assert_eq!(file.len(), bytes.len());
        let memory = Source::memory(Arc::new(bytes), &path);
        let sizes = [0, 1, 100, WINDOW - 1, WINDOW, WINDOW + 1, 2 * WINDOW];
        for (i, len) in sizes.iter().cycle().take(70).enumerate() {
            let start = (i * 7919) % (file.len() - len);
            let range = start..start + len;
            assert_eq!(file.bytes(range.clone()).unwrap(), memory.bytes(range).unwrap(), "{i}");
        }
    }

    #[test]
    fn threads_read_a_file_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        let bytes: Vec<u8> = (0..9 * WINDOW).map(|i| (i * i / 7) as u8).collect();
        fs::write(&path, &bytes).unwrap();
        let file = Source::open(&path).unwrap();
        std::thread::scope(|scope| {
            for len in [100, WINDOW, 2 * WINDOW] {
                let (file, bytes) = (&file, &bytes);
                scope.spawn(move || {
                    for start in (0..bytes.len() - len).step_by(997) {
                        let range = start..start + len;
                        assert!(*file.bytes(range.clone()).unwrap() == bytes[range]);
                    }
                });
            }
        });
    }

    #[test]
    fn files_that_shrink_are_errors() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        fs::write(&path, [1; 100]).unwrap();
        let source = Source::open(&path).unwrap();
        fs::write(&path, [1; 50]).unwrap();
        assert!(matches!(source.bytes(20..80), Err(Error::Io { .. })));
    }
}
