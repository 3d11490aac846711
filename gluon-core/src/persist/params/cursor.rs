//! A place in a file's bytes: every read is checked, and every error says where it happened.

use std::borrow::Cow;
use std::fmt::Display;
use std::ops::Range;

use super::FORMAT;
use crate::error::{Error, Result};
use crate::persist::source::Source;

/// The place up to which a file has been read.
pub(super) struct Cursor<'a> {
    source: &'a Source,
    offset: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(source: &'a Source) -> Cursor<'a> {
        Cursor { source, offset: 0 }
    }

    /// The bytes of a range that was taken.
    pub(super) fn bytes(&self, range: Range<usize>) -> Result<Cow<'a, [u8]>> {
        self.source.bytes(range)
    }

    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    /// The number of bytes not read yet.
    pub(super) fn remaining(&self) -> usize {
        self.source.len() - self.offset
    }

    /// The error that at `offset` not `expected` stands but `found`.
    pub(super) fn error(
        &self,
        offset: usize,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Error {
        self.source.invalid(FORMAT, offset, expected, found)
    }

    /// The next `len` bytes, which hold `what`.
    pub(super) fn take(&mut self, len: u64, what: impl Display) -> Result<Range<usize>> {
        let start = self.offset;
        let end = usize::try_from(len).ok().and_then(|len| start.checked_add(len));
        match end {
            Some(end) if end <= self.source.len() => {
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
        self.source.read(range.start, &mut word)?;
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
