//! What the targets share.

use gluon_core::persist::{self, Arrays, Format};

/// Reads bytes of a format; what is read is written and read again.
pub fn round_trip(bytes: &[u8], extension: &str) {
    if Format::of_bytes(bytes) != Some(Format::of_path(format!("a.{extension}"))) {
        return;
    }
    let Ok(contents) = persist::from_bytes(bytes.to_vec(), "fuzz") else { return };
    let arrays = contents.arrays;
    let again = persist::params::from_bytes(persist::params::to_bytes(&arrays), "fuzz");
    let again = again.expect("what was written is read").arrays;
    let both_empty = again.is_empty() && arrays.is_empty(); // an empty file is a list
    assert!(again == arrays || both_empty || has_twins(&arrays), "{arrays:?}");
}

/// Of equal names, `.params` keeps the last.
fn has_twins(arrays: &Arrays) -> bool {
    let mut names: Vec<_> = arrays.iter().filter_map(|(name, _)| name).collect();
    names.sort();
    names.windows(2).any(|pair| pair[0] == pair[1])
}

/// The bytes of a `.gluon` file with the checksum that its header has.
pub fn with_checksum(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let size = bytes.get(16..24).and_then(|size| size.try_into().ok()).map(u64::from_le_bytes);
    let end = size.and_then(|size| usize::try_from(size).ok()?.checked_add(24));
    if let Some(header) = end.and_then(|end| bytes.get(24..end)) {
        let checksum = crc32(header).to_le_bytes();
        bytes[12..16].copy_from_slice(&checksum);
    }
    bytes
}

/// CRC-32 as in ZIP, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}
