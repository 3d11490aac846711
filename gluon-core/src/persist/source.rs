//! Sources: the bytes of a file, read where they are needed.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::array::Array;
use crate::buffer::{for_dtype, zeros};
use crate::device::Device;
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// Bytes that are read at once, so that small arrays and the words around them share a call to
/// the operating system.
pub(super) const WINDOW: usize = 1 << 16;

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
    File { file: File, windows: Mutex<Vec<Window>> },
}

/// A part of a file that was read at once.
#[derive(Default)]
struct Window {
    start: usize,
    bytes: Vec<u8>,
}

impl Source {
    /// The file at `path`; a pipe or device is read to its end.
    pub(crate) fn open(path: &Path) -> Result<Source> {
        let wrap = Error::io("read", path);
        let mut file = File::open(path).map_err(wrap)?;
        let metadata = file.metadata().map_err(wrap)?;
        if !metadata.is_file() {
            // Not opened again: a named pipe would wait for another writer then.
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(wrap)?;
            return Ok(Source::memory(Arc::new(bytes), path));
        }
        let len = usize::try_from(metadata.len()).map_err(|error| wrap(io::Error::other(error)))?;
        let kind = Kind::File { file, windows: Mutex::default() };
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
            Kind::File { file, .. } if out.len() >= WINDOW => {
                read_at(file, start, out).map_err(|source| self.wrap(source))
            }
            Kind::File { file, windows } => {
                let range = start..start + out.len();
                self.show(file, windows, range, &mut |bytes| out.copy_from_slice(bytes))
            }
        }
    }

    /// Shows `f` the bytes of `range`, fewer than [`WINDOW`].
    ///
    /// Whoever reads takes a window out and gives it back, so that there are as many as threads.
    fn show(
        &self,
        file: &File,
        windows: &Mutex<Vec<Window>>,
        range: Range<usize>,
        f: &mut dyn FnMut(&[u8]),
    ) -> Result<()> {
        let free = || windows.lock().unwrap_or_else(PoisonError::into_inner);
        let mut window = {
            let mut free = free();
            match free.iter().position(|window| window.part(&range).is_some()) {
                Some(place) => free.swap_remove(place),
                None => free.pop().unwrap_or_default(),
            }
        };
        if window.part(&range).is_none() {
            window.bytes.resize(WINDOW.min(self.len - range.start), 0);
            window.start = range.start;
            let read = read_at(file, range.start, &mut window.bytes);
            read.map_err(|source| self.wrap(source))?;
        }
        window.part(&range).into_iter().for_each(f);
        free().push(window);
        Ok(())
    }

    /// The error that at `offset` not `expected` stands but `found`, in a file of this format.
    pub(super) fn invalid(
        &self,
        format: &'static str,
        offset: usize,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Error {
        let (path, offset) = (self.path.clone(), offset as u64);
        Error::Format { path, format, expected: expected.into(), found: found.into(), offset }
    }

    fn wrap(&self, source: io::Error) -> Error {
        Error::io("read", &self.path)(source)
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
        match &self.kind {
            Kind::Memory(bytes) => {
                f(&(**bytes).as_ref()[range]);
                return Ok(());
            }
            Kind::File { file, windows } if range.len() < WINDOW => {
                return self.show(file, windows, range, f);
            }
            Kind::File { .. } => {}
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
        let read = |elements: &mut [T]| match T::in_place_mut(elements) {
            Some(bytes) => self.read(range.start, bytes),
            None => {
                let bytes = self.bytes(range.clone());
                bytes.map(|bytes| elements.copy_from_slice(&T::decode(&bytes)))
            }
        };
        if range.len() < WINDOW {
            // as results of operations are made: from what the thread has kept of dropped ones
            let mut result = Ok(());
            let fill = |elements: &mut [T]| result = read(elements);
            let tensor = Tensor::build::<T>(shape, Device::default(), fill);
            return result.map(|()| tensor);
        }
        let mut elements = zeros::<T>(shape.size());
        read(&mut elements)?;
        Tensor::from_vec(elements, shape)
    }
}

impl Window {
    /// The bytes of `range` of the file, if they are here.
    fn part(&self, range: &Range<usize>) -> Option<&[u8]> {
        let start = range.start.checked_sub(self.start)?;
        self.bytes.get(start..start + range.len())
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
        use std::io::{Read, Seek, SeekFrom};

        static ALONE: Mutex<()> = Mutex::new(());
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(start as u64))?;
        file.read_exact(out)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use std::fs;

    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_named_pipe_is_read_by_who_opens_it_first() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        std::thread::scope(|scope| {
            // All of it fits into the pipe, so the writer is gone when it is read.
            let writer = scope.spawn(|| fs::write(&path, [7; 1000]));
            let source = Source::open(&path).unwrap();
            writer.join().unwrap().unwrap();
            assert_eq!(*source.bytes(0..source.len()).unwrap(), [7; 1000]);
        });
    }

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
    fn threads_apart_read_every_byte_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        fs::write(&path, vec![7; 8 * WINDOW]).unwrap();
        let file = Source::open(&path).unwrap();
        let windows = || match &file.kind {
            Kind::File { windows, .. } => windows.lock().unwrap().len(),
            Kind::Memory(_) => 0,
        };
        let (head, tail) = (0..100, 4 * WINDOW..4 * WINDOW + 100);
        for start in (0..8 * WINDOW).step_by(1 << 10) {
            file.bytes(start..start + 1000).unwrap();
        }
        assert_eq!(windows(), 1);
        // as two threads would
        let both = &mut |_: &[u8]| drop(file.bytes(tail.clone()).unwrap());
        file.pieces(head.clone(), WINDOW, both).unwrap();
        assert_eq!(windows(), 2);
        // neither is read again, and so neither needs the file
        fs::write(&path, []).unwrap();
        for range in [head, tail.clone(), tail] {
            assert_eq!(*file.bytes(range).unwrap(), [7; 100]);
        }
    }

    #[test]
    fn files_that_shrink_are_errors() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        fs::write(&path, [1; 100]).unwrap();
        let source = Source::open(&path).unwrap();
        fs::write(&path, [1; 50]).unwrap();
        assert!(matches!(source.bytes(20..80), Err(Error::Io { .. })));
        // what could not be read is not taken for what was
        assert!(matches!(source.bytes(20..80), Err(Error::Io { .. })));
        for dtype in [DType::U8, DType::Bool] {
            assert!(matches!(source.array(dtype, 60.into(), 20..80), Err(Error::Io { .. })));
        }
    }
}
