//! The writer: the bytes that MXNet 1.9.1 writes for the same arrays.

use std::io::{self, Write};

use super::record::{V2, V3};
use super::{Arrays, DTYPES, MAGIC};
use crate::dtype::DType;
use crate::persist::array::Array;

/// Dense storage.
const DENSE: i32 = 0;
/// The first processor.
const CPU: [i32; 2] = [1, 0];

pub(super) fn write(out: &mut (impl Write + ?Sized), arrays: &Arrays) -> io::Result<()> {
    // A record of version 2 without axes, or with one of size 0, stands for an array that has no
    // value yet; and MXNet refuses a file that mixes versions 2 and 3.
    let plain =
        arrays.iter().all(|(_, array)| array.shape().rank() > 0 && !array.bytes().is_empty());
    let version = if plain { V2 } else { V3 };

    out.write_all(&MAGIC)?;
    out.write_all(&0u64.to_le_bytes())?;
    count(out, arrays.len())?;
    for (_, array) in arrays.iter() {
        record(out, version, array)?;
    }
    match arrays {
        Arrays::List(_) => count(out, 0),
        Arrays::Dict(entries) => {
            count(out, entries.len())?;
            for (name, _) in entries {
                count(out, name.len())?;
                out.write_all(name.as_bytes())?;
            }
            Ok(())
        }
    }
}

fn record(out: &mut (impl Write + ?Sized), version: u32, array: &Array) -> io::Result<()> {
    out.write_all(&version.to_le_bytes())?;
    out.write_all(&DENSE.to_le_bytes())?;
    out.write_all(&(array.shape().rank() as i32).to_le_bytes())?;
    for &size in array.shape().iter() {
        count(out, size)?;
    }
    for word in CPU {
        out.write_all(&word.to_le_bytes())?;
    }
    out.write_all(&number(array.dtype()).to_le_bytes())?;
    out.write_all(array.bytes())
}

fn count(out: &mut (impl Write + ?Sized), count: usize) -> io::Result<()> {
    out.write_all(&(count as u64).to_le_bytes())
}

/// The number that stands for `dtype`.
fn number(dtype: DType) -> i32 {
    let number = DTYPES.iter().position(|&known| known == dtype);
    number.expect("every element type has a number") as i32
}
