//! What is read from, and written like, the files in `tests/data/mxnet`.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs;

use super::*;
use crate::Error;
use crate::persist::Note;
use crate::persist::array::Array;

mod golden;
mod hostile;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/mxnet/");

fn golden_bytes(file: &str) -> Vec<u8> {
    fs::read(format!("{FOLDER}{file}")).unwrap()
}

/// The names of all `.params` files, and the oldest one.
fn golden_files() -> Vec<String> {
    let names = fs::read_dir(FOLDER).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".params") || name.ends_with(".v0")).collect()
}

fn parse(bytes: &[u8]) -> Result<Contents> {
    from_bytes(bytes.to_vec(), "test.params")
}

/// The words of a file, put together.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    /// The head of a file with that many arrays.
    fn file(arrays: u64) -> Bytes {
        Bytes::default().u64(0x112).u64(0).u64(arrays)
    }

    /// The head of a record up to the shape; the storage type is left out before version 2.
    fn record(self, version: u32, storage: i32) -> Bytes {
        let bytes = self.u32(version);
        if version == record::V1 { bytes } else { bytes.i32(storage) }
    }

    fn u32(mut self, word: u32) -> Bytes {
        self.0.extend(word.to_le_bytes());
        self
    }

    fn i32(mut self, word: i32) -> Bytes {
        self.0.extend(word.to_le_bytes());
        self
    }

    fn u64(mut self, word: u64) -> Bytes {
        self.0.extend(word.to_le_bytes());
        self
    }

    fn shape(self, sizes: &[i64]) -> Bytes {
        sizes.iter().fold(self.i32(sizes.len() as i32), |bytes, &size| bytes.u64(size as u64))
    }

    /// The first processor, and an element type.
    fn on_cpu(self, dtype: i32) -> Bytes {
        self.i32(1).i32(0).i32(dtype)
    }

    fn data(mut self, data: &[u8]) -> Bytes {
        self.0.extend(data);
        self
    }

    fn name(self, name: &[u8]) -> Bytes {
        self.u64(name.len() as u64).data(name)
    }

    fn parse(&self) -> Result<Contents> {
        parse(&self.0)
    }

    /// The message of the error, after the part that is always the same.
    fn error(&self) -> String {
        let text = self.parse().unwrap_err().to_string();
        let start = "`test.params` is not a valid MXNet .params file: expected ";
        text.strip_prefix(start).unwrap_or_else(|| panic!("{text}")).to_string()
    }
}
