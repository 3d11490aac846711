//! The header of version 1 in postcard's form. These types are part of the format: a change to
//! them is another version.

use serde::{Deserialize, Serialize};

/// What a file holds and where.
#[derive(Serialize, Deserialize)]
pub(super) struct Header<'h> {
    /// Whether the arrays have names.
    pub(super) named: bool,
    #[serde(borrow)]
    pub(super) tensors: Vec<Record<'h>>,
    pub(super) training: Option<Training<'h>>,
    pub(super) step: u64,
    pub(super) seed: Option<u64>,
    /// Values of the user's, each in postcard's form.
    pub(super) values: Vec<(&'h str, &'h [u8])>,
}

/// One array.
#[derive(Serialize, Deserialize)]
pub(super) struct Record<'h> {
    pub(super) name: &'h str,
    pub(super) aliases: Vec<&'h str>,
    /// NumPy's name: `float32`.
    pub(super) dtype: &'h str,
    pub(super) shape: Vec<u64>,
    /// Where the elements begin, counted from the end of the padded header.
    pub(super) offset: u64,
    /// CRC-32 of the elements' bytes.
    pub(super) checksum: u32,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Training<'h> {
    pub(super) optimizer: &'h str,
    pub(super) learning_rate: f64,
    #[serde(borrow)]
    pub(super) slots: Vec<Slot<'h>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Slot<'h> {
    pub(super) parameter: &'h str,
    pub(super) count: u64,
    #[serde(borrow)]
    pub(super) state: Vec<Record<'h>>,
}

impl<'h> Header<'h> {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("a vector takes all bytes, and lengths are known")
    }

    /// The header of these bytes, all of which it must take.
    pub(super) fn from_bytes(bytes: &'h [u8]) -> Result<Header<'h>, String> {
        match postcard::take_from_bytes(bytes) {
            Ok((header, [])) => Ok(header),
            Ok((_, rest)) => Err(format!("{} bytes too many", rest.len())),
            Err(error) => Err(error.to_string()),
        }
    }
}
