//! The header of version 1 in postcard's form. These types are part of the format: a change to
//! them is another version.

use serde::{Deserialize, Serialize};

/// What a file holds and where.
#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    /// Whether the arrays have names.
    pub(super) named: bool,
    pub(super) tensors: Vec<Record>,
    pub(super) training: Option<Training>,
    pub(super) step: u64,
    pub(super) seed: Option<u64>,
    /// Values of the user's, each in postcard's form.
    pub(super) values: Vec<(String, Vec<u8>)>,
}

/// One array.
#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) name: String,
    pub(super) aliases: Vec<String>,
    /// NumPy's name: `float32`.
    pub(super) dtype: String,
    pub(super) shape: Vec<u64>,
    /// Where the elements begin, counted from the end of the padded header.
    pub(super) offset: u64,
    /// CRC-32 of the elements' bytes.
    pub(super) checksum: u32,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Training {
    pub(super) optimizer: String,
    pub(super) learning_rate: f64,
    pub(super) slots: Vec<Slot>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Slot {
    pub(super) parameter: String,
    pub(super) count: u64,
    pub(super) state: Vec<Record>,
}

impl Header {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("a vector takes all bytes, and lengths are known")
    }

    /// The header of these bytes, all of which it must take.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Header, String> {
        match postcard::take_from_bytes(bytes) {
            Ok((header, [])) => Ok(header),
            Ok((_, rest)) => Err(format!("{} bytes too many", rest.len())),
            Err(error) => Err(error.to_string()),
        }
    }
}
