//! A place in a file's bytes: every read is checked, and every error says where it happened.

use std::fmt::Display;
use std::ops::Range;
use std::path::Path;

use super::FORMAT;
use crate::error::{Error, Result};

/// The place up to which a file has been read.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    offset: usize,
    path: &'a Path,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], path: &'a Path) -> Cursor<'a> {
        Cursor { bytes, offset: 0, path }
    }

    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    /// The number of bytes not read yet.
    pub(super) fn remaining(&self) -> usize {
        self.bytes.len() - self.offset
    }

    /// The error that at `offset` not `expected` stands but `found`.
    pub(super) fn error(
        &self,
        offset: usize,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Error {
        Error::Format {
            path: self.path.to_path_buf(),
            format: FORMAT,
            expected: expected.into(),
            found: found.into(),
            offset: offset as u64,
        }
    }

    /// The next `len` bytes, which hold `what`.
    pub(super) fn take(&mut self, len: u64, what: impl Display) -> Result<Range<usize>> {
        let start = self.offset;
        let end = usize::try_from(len).ok().and_then(|len| start.checked_add(len));
        match end {
            Some(end) if end <= self.bytes.len() => {
                self.offset = end;
                Ok(start..end)
            }
            _ => {
                let unit = if len == 1 { "byte" } else { "bytes" };
                let found = format!("{} left", self.remaining());
                Err(self.error(start, format!("{len} {unit} for {what}"), found))
            }
        }
    }

    fn word<const N: usize>(&mut self, what: impl Display) -> Result<[u8; N]> {
        let mut word = [0; N];
        let range = self.take(N as u64, what)?;
        word.copy_from_slice(&self.bytes[range]);
        Ok(word)
    }

    pub(super) fn u32(&mut self, what: impl Display) -> Result<u32> {
        self.word(what).map(u32::from_le_bytes)
    }

    pub(super) fn i32(&mut self, what: impl Display) -> Result<i32> {
        self.word(what).map(i32::from_le_bytes)
    }

    pub(super) fn u64(&mut self, what: impl Display) -> Result<u64> {
        self.word(what).map(u64::from_le_bytes)
    }

    pub(super) fn i64(&mut self, what: impl Display) -> Result<i64> {
        self.word(what).map(i64::from_le_bytes)
    }
}
