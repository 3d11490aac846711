//! Bytes that nobody meant: every one of them is an error or a correct load.

use gluon::{Block, Error, Persist, persist};
use proptest::prelude::*;

use crate::formats::{EXTENSIONS, arrays};
use crate::nets::{Scratch, mlp, state};

/// A small valid file of each format.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let scratch = Scratch::new();
    let bytes = |extension: &&'static str| {
        let path = scratch.at(&format!("a.{extension}"));
        persist::write(&path, &arrays()).unwrap();
        (*extension, std::fs::read(path).unwrap())
    };
    EXTENSIONS.iter().map(bytes).collect()
}

/// Reads bytes; what was read can be written and read again.
fn parse(bytes: Vec<u8>) -> bool {
    let Ok(contents) = persist::from_bytes(bytes, "test") else { return false };
    let scratch = Scratch::new();
    let path = scratch.at("again");
    persist::write(&path, &contents.arrays).unwrap();
    let again = persist::read(&path).unwrap().arrays;
    let empty = again.is_empty() && contents.arrays.is_empty(); // a list, always
    assert!(again == contents.arrays || empty);
    true
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    for (extension, bytes) in files() {
        for len in 0..bytes.len() {
            assert!(!parse(bytes[..len].to_vec()), "{extension} cut to {len} bytes");
        }
    }
}

#[test]
fn nothing_follows_the_arrays_of_our_own_files() {
    let (_, mut bytes) = files().into_iter().find(|&(extension, _)| extension == "gluon").unwrap();
    bytes.push(0);
    let error = persist::from_bytes(bytes, "test").unwrap_err().to_string();
    assert!(error.contains("expected the end of the file, found 1 bytes more"), "{error}");
}

/// With the checksum that its changed header has.
#[cfg(feature = "checkpoint")]
#[test]
fn two_arrays_of_our_own_files_have_two_names() {
    let scratch = Scratch::new();
    let path = scratch.at("a.gluon");
    persist::save(&path, ["x", "y"].map(|name| (name, gluon::Tensor::ones([1])))).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let end = 24 + usize::from(bytes[16]);
    let second = bytes.iter().position(|&byte| byte == b'y').unwrap();
    bytes[second] = b'x';
    let checksum = crc32fast::hash(&bytes[24..end]);
    bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
    let error = persist::from_bytes(bytes, "test").unwrap_err().to_string();
    assert!(error.contains("expected names that differ, found `x` twice at byte 24"), "{error}");
}

/// Where in the file it is, and of which array.
#[cfg(feature = "checkpoint")]
#[test]
fn errors_of_our_own_files_say_where() {
    let scratch = Scratch::new();
    let path = scratch.at("a.gluon");
    persist::save(&path, [("x", gluon::Tensor::ones([1]))]).unwrap();
    let good = std::fs::read(&path).unwrap();
    let end = 24 + usize::from(good[16]);
    let kind = good.windows(7).position(|text| text == b"float32").unwrap();
    let text = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        if at >= 24 {
            let checksum = crc32fast::hash(&bytes[24..end]);
            bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
        }
        let error = gluon::train::Checkpoint::from_bytes(bytes, "test").map(drop).unwrap_err();
        error.to_string().replace("`test` is not a valid gluon file: ", "")
    };
    let number =
        "expected the first bytes of one, found [88, 67, 6c, 75, 6f, 6e, 0d, 0a] at byte 0";
    assert_eq!(text(0, 0x88), number);
    assert_eq!(text(8, 2), "expected version 1; update this program, found 2 at byte 8");
    let left = good.len() - 24;
    let expected = format!("expected the length of the header, found {left} left at byte 16");
    assert_eq!(text(17, 1), expected);
    let expected = "expected a header of the checksum before it, found another one at byte 24";
    assert_eq!(text(12, !good[12]), expected);
    let expected = "expected an element type for array `x`, found \"gloat32\" at byte 24";
    assert_eq!(text(kind, b'g'), expected);
}

#[cfg(feature = "checkpoint")]
#[test]
fn a_file_without_arrays_may_end_with_its_header() {
    let scratch = Scratch::new();
    let path = scratch.at("a.gluon");
    persist::write(&path, &persist::Arrays::Dict(Vec::new())).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let end = 24 + usize::from(bytes[16]);
    assert!(end < bytes.len(), "there is padding");
    for len in 0..bytes.len() + 2 {
        let mut bytes = bytes.clone();
        bytes.resize(len, 0);
        let is_whole = (end..=64).contains(&len);
        assert_eq!(persist::from_bytes(bytes, "test").is_ok(), is_whole, "{len} of {end}");
    }
}

#[test]
fn every_flipped_bit_is_an_error_or_a_load() {
    let (mut refused, mut loaded) = (0, 0);
    for (extension, bytes) in files() {
        for at in 0..bytes.len() {
            for bit in [0, 3, 7] {
                let padding = bytes[at] == 0 && at > 24;
                let mut bytes = bytes.clone();
                bytes[at] ^= 1 << bit;
                let is_read = persist::from_bytes(bytes, "test").is_ok();
                *(if is_read { &mut loaded } else { &mut refused }) += 1;
                // Of our own files, only zeros between arrays are not checked.
                assert!(!is_read || extension != "gluon" || padding, "{extension} {at}");
            }
        }
    }
    assert!(refused > 0 && loaded > 0);
}

/// What readers may take, whatever a file claims: its bytes, its arrays, and some tables.
fn room(len: usize) -> u64 {
    (32 * len + (128 << 10)) as u64
}

#[test]
fn huge_lengths_take_no_memory() {
    for (extension, bytes) in files() {
        for at in 0..bytes.len().min(400) {
            for width in [2, 4, 8] {
                let mut bytes = bytes.clone();
                let end = (at + width).min(bytes.len());
                for value in [0xff, 0x7f, 0x0f] {
                    bytes[at..end].fill(value);
                    let copy = bytes.clone();
                    let taken = allocation_counter::measure(|| {
                        let _ = persist::from_bytes(copy, "test");
                    });
                    let room = room(bytes.len());
                    assert!(taken.bytes_max < room, "{extension} at {at}: {taken:?} of {room}");
                }
            }
        }
    }
}

#[cfg(feature = "safetensors")]
fn safetensors(header: &str, data: &[u8]) -> gluon::Result<persist::Arrays> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    persist::from_bytes(bytes, "test").map(|contents| contents.arrays)
}

/// What others write into the metadata may look like further names.
#[cfg(feature = "safetensors")]
#[test]
fn names_in_the_metadata_alone_are_not_needed() {
    let scratch = Scratch::new();
    let path = scratch.at("a.safetensors");
    let header = r#"{"__metadata__":{"format":"pt","main":"memory"},
        "memory":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]}}"#;
    let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat();
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(crate::nets::Memory::new().load_parameters(&path).unwrap().loaded, ["memory"]);
}

/// The first bytes of what `torch.save` of PyTorch 2 and of 1 writes.
#[test]
fn files_of_torch_are_told_from_those_of_numpy() {
    let name = b"new/data.pkl";
    let zip = |name: &[u8]| {
        let head = [&b"PK\x03\x04\x00\x00\x08\x08"[..], &[0; 18], &[name.len() as u8, 0, 7, 0]];
        [&head.concat(), name, b"FB\x03\0ZZZ\x80\x02"].concat()
    };
    let pickle = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.".to_vec();
    for bytes in [zip(name), zip(b"new/data/0"), pickle] {
        let error = persist::from_bytes(bytes, "net.pt").unwrap_err().to_string();
        assert_eq!(
            error,
            "`net.pt` is not a valid model file: expected the first bytes of .params, .gluon, .npz \
             or .safetensors, which `safetensors.torch.save_file` writes, found those of a \
             `torch.save` file at byte 0"
        );
    }
    for bytes in [zip(b"data.npy"), b"PK\x03\x04".to_vec()] {
        let error = persist::from_bytes(bytes, "x").unwrap_err().to_string();
        assert!(!error.contains("torch"), "{error}");
    }
}

#[cfg(feature = "safetensors")]
#[test]
fn the_framework_that_safetensors_name_is_no_array() {
    let scratch = Scratch::new();
    let path = scratch.at("a.safetensors");
    persist::save(&path, [("pt", gluon::Tensor::ones([2])), ("x", gluon::Tensor::ones([1]))])
        .unwrap();
    let found = persist::load(&path).unwrap().into_dict().unwrap();
    assert_eq!(found.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["pt", "x"]);
}

#[cfg(feature = "safetensors")]
#[test]
fn safetensors_that_lie_are_refused() {
    let good = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    assert_eq!(safetensors(good, &[0; 4]).unwrap().len(), 1);
    for (header, len) in [
        (good, 5),
        (good, 3),
        (r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4),
        (r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4),
        (r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}"#, 5),
        (r#"{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}"#, 1),
        (r#"{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}"#, 8),
        (r#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4),
        (r#"{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}}"#, 4),
        (
            r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,4]}}"#,
            4,
        ),
        (r#"{"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}}"#, 1),
        // overlapping
        (
            r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}"#,
            6,
        ),
        // the same place twice
        (
            r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
            4,
        ),
        ("{\"\u{0}", 0),
        ("{", 0),
        ("[]", 0),
    ] {
        assert!(safetensors(header, &vec![0; len]).is_err(), "{header}");
    }
    let deep = "{\"a\":".repeat(100_000);
    assert!(safetensors(&deep, &[]).is_err());
}

#[cfg(feature = "npz")]
mod zips {
    use std::io::{Cursor, Write};

    use gluon::persist::{self, Arrays};
    use gluon::{DType, Tensor};
    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    fn npy(descr: &str, fortran: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let text =
            format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((text.len() as u16).to_le_bytes());
        bytes.extend(text.as_bytes());
        bytes.extend(data);
        bytes
    }

    fn archive(files: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::DEFAULT.compression_method(method);
        for (name, bytes) in files {
            zip.start_file(*name, options).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn read(files: &[(&str, &[u8])], method: CompressionMethod) -> gluon::Result<Arrays> {
        persist::from_bytes(archive(files, method), "test").map(|contents| contents.arrays)
    }

    const STORED: CompressionMethod = CompressionMethod::Stored;
    const DEFLATED: CompressionMethod = CompressionMethod::Deflated;

    #[test]
    fn compressed_turned_and_swapped_arrays_are_read() {
        let values: Vec<u8> = [1i16, 2, 3, 4, 5, 6].iter().flat_map(|x| x.to_be_bytes()).collect();
        let file = npy(">i2", "True", "(2, 3)", &values);
        for method in [STORED, DEFLATED] {
            let tensor = read(&[("a.npy", &file)], method).unwrap().into_tensor().unwrap();
            assert_eq!(tensor, Tensor::from([[1i16, 3, 5], [2, 4, 6]]));
        }
        let scalar = npy("<f8", "False", "()", &2.5f64.to_le_bytes());
        let tensor = read(&[("a.npy", &scalar)], STORED).unwrap().into_tensor().unwrap();
        assert_eq!((tensor.dtype(), tensor.item().unwrap()), (DType::F64, 2.5));
    }

    #[test]
    fn archives_that_lie_are_refused() {
        let short = npy("<f4", "False", "(2,)", &[0; 4]);
        let long = npy("<f4", "False", "(2,)", &[0; 12]);
        let object = npy("|O", "False", "(1,)", &[0; 8]);
        let huge = npy("<f4", "False", "(4294967296, 4294967296)", &[0; 8]);
        for file in [&short, &long, &object, &huge, &b"no array at all"[..].to_vec(), &vec![]] {
            assert!(read(&[("a.npy", file)], STORED).is_err());
        }
        let good = npy("|u1", "False", "(2,)", &[1, 2]);
        assert!(read(&[("a.npy", &good)], STORED).is_ok());
        assert!(read(&[("a.npy", &good), ("a", &good)], STORED).is_err(), "the same name");
    }

    #[test]
    fn bombs_are_refused_before_they_take_memory() {
        let bomb = npy("|u1", "False", "(100000000,)", &vec![0; 100_000_000]);
        let bytes = archive(&[("a.npy", &bomb)], DEFLATED);
        assert!(bytes.len() < 1 << 20);
        let error = persist::from_bytes(bytes, "test").unwrap_err().to_string();
        assert!(error.contains("when inflated"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_are_read_or_refused(
        extension in prop::sample::select(EXTENSIONS),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let (_, mut bytes) = files().into_iter().find(|(known, _)| *known == extension).unwrap();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = persist::from_bytes(bytes, "test");
    }
}

/// Formats with checksums notice that the elements of the last array are others.
#[test]
fn a_damaged_file_changes_nothing() {
    let scratch = Scratch::new();
    let (_, net) = scratch.of_mlp();
    for extension in EXTENSIONS {
        let path = scratch.at(&format!("m.{extension}"));
        net.save_parameters(&path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let mut other = mlp();
        other.initialize_again(gluon::init::Uniform(0.5)).unwrap();
        let last = net.output.weight.data().unwrap().to_vec::<f32>().unwrap();
        let needle: Vec<u8> = last.iter().flat_map(|x| x.to_le_bytes()).collect();
        let at = bytes.windows(needle.len()).position(|window| window == needle).unwrap();
        for change in 0..3 {
            let mut bytes = bytes.clone();
            match change {
                0 => bytes[at] ^= 1,
                1 => bytes.truncate(at + 3),
                _ => bytes.truncate(5),
            }
            std::fs::write(&path, bytes).unwrap();
            let before = state(&other);
            let result = other.load_parameters(&path);
            if change > 0 || ["gluon", "npz"].contains(extension) {
                assert!(matches!(result, Err(Error::Format { .. })), "{extension} {result:?}");
                assert_eq!(state(&other), before, "{extension}");
            }
        }
    }
}
