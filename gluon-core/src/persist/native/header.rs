//! The header of version 1 in postcard's form. These types are part of the format: a change to
//! them is another version.

use crate::persist::tuple::as_tuple;

/// What a file holds and where.
pub(super) struct Header<'h> {
    /// Whether the arrays have names.
    pub(super) named: bool,
    pub(super) tensors: Vec<Record<'h>>,
    pub(super) training: Option<Training<'h>>,
    pub(super) step: u64,
    pub(super) seed: Option<u64>,
    /// Values of the user's, each in postcard's form.
    pub(super) values: Vec<(&'h str, &'h [u8])>,
}

/// One array.
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

pub(super) struct Training<'h> {
    pub(super) optimizer: &'h str,
    pub(super) learning_rate: f64,
    pub(super) slots: Vec<Slot<'h>>,
}

pub(super) struct Slot<'h> {
    pub(super) parameter: &'h str,
    pub(super) count: u64,
    pub(super) state: Vec<Record<'h>>,
}

as_tuple! {
    Header<'h> { named, tensors, training, step, seed, values }
    Record<'h> { name, aliases, dtype, shape, offset, checksum }
    Training<'h> { optimizer, learning_rate, slots }
    Slot<'h> { parameter, count, state }
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
