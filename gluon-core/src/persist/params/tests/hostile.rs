//! Files made to do harm, and files damaged by accident: an error or arrays, never a panic.

use proptest::prelude::*;

use super::*;
use crate::persist::params::record::{V1, V2, V3};
use crate::shape::Shape;

/// Files small enough to be damaged in many ways.
fn small_files() -> impl Iterator<Item = (String, Vec<u8>)> {
    let files = golden_files().into_iter();
    files
        .map(|file| (golden_bytes(&file), file))
        .map(|(bytes, file)| (file, bytes))
        .filter(|(_, bytes)| bytes.len() < 4500)
}

#[test]
fn every_cut_file_is_refused() {
    let mut files = 0;
    for (file, bytes) in small_files() {
        let whole = parse(&bytes);
        let end = match &whole {
            Ok(contents) if !contents.notes.contains(&Note::TrailingBytes { count: 4 }) => {
                bytes.len()
            }
            Ok(_) => bytes.len() - 4,
            Err(_) => 0,
        };
        for len in 0..bytes.len() {
            assert_eq!(parse(&bytes[..len]).is_ok(), len >= end && end > 0, "{file} cut to {len}");
        }
        files += 1;
    }
    assert!(files > 25, "{files}");
}

#[test]
fn every_flipped_bit_gives_an_error_or_arrays() {
    for (_, mut bytes) in small_files().filter(|(_, bytes)| bytes.len() < 800) {
        for bit in 0..8 * bytes.len() {
            bytes[bit / 8] ^= 1 << (bit % 8);
            let _ = parse(&bytes);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn huge_counts_are_refused_before_they_are_believed() {
    for huge in [u64::MAX, 1 << 63, 1 << 40, 2] {
        let arrays = Bytes::file(huge);
        assert_eq!(arrays.error(), "4 bytes for the record of array 0, found 0 left at byte 24");
        let names = Bytes::file(0).u64(huge).data(&[0; 99]);
        let expected = format!("as many names as arrays, 0, or none, found {huge} at byte 24");
        assert_eq!(names.error(), expected);
        let name = Bytes::file(1).record(V2, 0).shape(&[1]).on_cpu(3).data(&[7]).u64(1).u64(huge);
        assert_eq!(
            name.data(b"a").error(),
            format!("{huge} bytes for the name of array 0, found 1 left at byte 73")
        );
    }
}

#[test]
fn huge_shapes_are_refused() {
    for version in [V1, V2, V3] {
        for sizes in [&[i64::MAX][..], &[1 << 32, 1 << 32], &[1 << 32, 1 << 32, 0], &[1 << 62, 2]] {
            let file = Bytes::file(1).record(version, 0).shape(sizes).on_cpu(0).u64(0);
            assert!(file.error().contains("array 0 to fit into memory, found float32 ("));
        }
        let file = Bytes::file(1).record(version, 0).shape(&[1 << 40]).on_cpu(0).u64(0);
        assert!(file.error().contains("for the elements of array 0, float32 (1099511627776,)"));
        let file = Bytes::file(1).record(version, 0).shape(&[2, -1]).on_cpu(0).u64(0);
        assert!(file.error().starts_with("the size of an axis of array 0, found -1 at byte"));
    }
}

#[test]
fn more_axes_than_a_tensor_has_are_refused() {
    for version in [V1, V2, V3] {
        let file = Bytes::file(1).record(version, 0).shape(&[1; 9]).on_cpu(3).data(&[7]).u64(0);
        assert!(file.error().starts_with("at most 8 axes for array 0, found 9 at byte"));
    }
    let unknown = Bytes::file(1).record(V3, 0).i32(-1).u64(0).u64(0);
    assert!(unknown.error().starts_with("at most 8 axes for array 0, found -1"));
    let oldest = Bytes::file(1).u32(9).data(&[1; 64]);
    assert!(oldest.error().ends_with("a number of axes up to 8, found 0x9 at byte 24"));
}

#[test]
fn unknown_numbers_are_refused() {
    for dtype in [-1, 13, i32::MAX] {
        let file = Bytes::file(1).record(V2, 0).shape(&[1]).on_cpu(dtype).data(&[0; 16]);
        let expected =
            format!("an element type from 0 to 12 for array 0, found {dtype} at byte 52");
        assert_eq!(file.error(), expected);
    }
    let file = Bytes::file(1).record(V2, 3).shape(&[1]).on_cpu(0).data(&[0; 16]);
    assert_eq!(file.error(), "a storage type from 0 to 2 for array 0, found 3 at byte 28");
    let file = Bytes::file(1).record(V3, 1).shape(&[1]).on_cpu(0).data(&[0; 16]);
    assert_eq!(file.error(), "storage type 0 for array 0, found 1 at byte 28");
}

#[test]
fn every_element_type_reads() {
    for (number, dtype) in DTYPES.into_iter().enumerate() {
        let data: Vec<u8> = (0..2 * dtype.size() as u8).collect();
        let file = Bytes::file(1).record(V2, 0).shape(&[2]).on_cpu(number as i32).data(&data);
        let array = Array::new(dtype, Shape::from([2]), data).unwrap();
        let arrays = Arrays::List(vec![array]);
        let file = file.u64(0);
        assert_eq!(file.parse().unwrap(), Contents { arrays: arrays.clone(), notes: vec![] });
        assert_eq!(to_bytes(&arrays), file.0);
    }
}

#[test]
fn records_of_all_versions_stand_side_by_side() {
    let file = Bytes::file(5)
        .record(V3, 0)
        .shape(&[])
        .on_cpu(3)
        .data(&[1])
        .record(V2, 0)
        .shape(&[1])
        .on_cpu(3)
        .data(&[2])
        .record(V1, 0)
        .shape(&[1])
        .on_cpu(3)
        .data(&[3])
        .u32(1) // version 0
        .u32(1)
        .on_cpu(3)
        .data(&[4])
        .record(V3, 0)
        .shape(&[0, 7])
        .on_cpu(3)
        .u64(0);
    let contents = file.parse().unwrap();
    let found: Vec<_> = contents.arrays.iter().map(|(_, array)| array.bytes().to_vec()).collect();
    assert_eq!(found, [vec![1], vec![2], vec![3], vec![4], vec![]]);
}

#[test]
fn an_array_without_a_value_is_refused() {
    let after = Bytes::file(2).record(V2, 0).shape(&[]).record(V2, 0).shape(&[1]).on_cpu(3);
    assert_eq!(after.data(&[7]).u64(0).error(), "a value for array 0, found none at byte 36");
    let last = Bytes::file(1).record(V2, 0).shape(&[]).data(&[0; 16]);
    assert_eq!(last.error(), "a value for array 0, found none at byte 36");
    // the number of names and the length of one, 0 to 12, could be a device and an element type
    for len in 0..20 {
        let named = Bytes::file(1).record(V2, 0).shape(&[]).u64(1).name(&vec![b'a'; len]);
        assert!(named.parse().is_err(), "{len}");
    }
    let old = Bytes::file(1).record(V1, 0).shape(&[]).on_cpu(0).u64(0);
    assert_eq!(old.error(), "a value for array 0, found none at byte 32");
    let oldest = Bytes::file(1).u32(0).on_cpu(0).u64(0);
    assert_eq!(oldest.error(), "a value for array 0, found none at byte 28");
}

fn named(names: &[&[u8]]) -> Bytes {
    let count = names.len() as u64;
    let records = (0..count).fold(Bytes::file(count), |file, i| {
        file.record(V2, 0).shape(&[1]).on_cpu(3).data(&[i as u8])
    });
    names.iter().fold(records.u64(count), |file, name| file.name(name))
}

#[test]
fn names_must_be_utf_8() {
    let text = named(&[b"good", b"b\xffd"]).error();
    assert!(text.starts_with("the name of array 1 in UTF-8, found other bytes at byte"), "{text}");
}

#[test]
fn equal_names_keep_the_place_of_the_first() {
    let contents = named(&[b"a", b"b", b"a", b"a"]).parse().unwrap();
    let found: Vec<_> = contents.arrays.iter().map(|(n, a)| (n.unwrap(), a.bytes()[0])).collect();
    assert_eq!(found, [("a", 3), ("b", 1)]);
    assert_eq!(contents.notes.len(), 2);
}

/// A sparse array of `uint8` ones.
fn sparse(storage: i32, stored: &[i64], shape: &[i64], lists: &[&[i64]]) -> Bytes {
    let mut file = Bytes::file(1).record(V2, storage).shape(stored).shape(shape).on_cpu(3);
    for list in lists {
        file = file.i32(6).shape(&[list.len() as i64]);
    }
    file = file.data(&vec![1; stored.iter().product::<i64>() as usize]);
    for index in lists.iter().copied().flatten() {
        file = file.u64(*index as u64);
    }
    file.u64(1).name(b"w")
}

#[test]
fn sparse_arrays_become_dense() {
    let cases = [
        (sparse(1, &[2, 2], &[3, 2], &[&[0, 2]]), vec![1, 1, 0, 0, 1, 1]),
        (sparse(1, &[1], &[3], &[&[1]]), vec![0, 1, 0]),
        (sparse(1, &[2, 0], &[3, 0], &[&[0, 1]]), vec![]),
        (sparse(2, &[3], &[2, 3], &[&[0, 1, 3], &[2, 0, 1]]), vec![0, 0, 1, 1, 1, 0]),
        (sparse(2, &[0], &[0, 3], &[&[0], &[]]), vec![]),
    ];
    for (file, expected) in cases {
        let contents = file.parse().unwrap();
        assert_eq!(contents.arrays.iter().next().unwrap().1.bytes(), expected);
        assert_eq!(contents.notes.len(), 1);
    }
}

#[test]
fn sparse_indices_are_checked() {
    let wrong = [
        (sparse(1, &[1, 2], &[3, 2], &[&[3]]), "a row of array 0 `w` from 0 to below 3, found 3"),
        (sparse(1, &[1, 2], &[3, 2], &[&[-1]]), "a row of array 0 `w` from 0 to below 3, found -1"),
        (
            sparse(1, &[2, 1], &[3, 1], &[&[1, 1]]),
            "a row of array 0 `w` from 2 to below 3, found 1",
        ),
        (sparse(1, &[1, 2], &[3, 2], &[&[0, 1]]), "(3, 2) row_sparse elements for array 0 `w`"),
        (sparse(1, &[1, 3], &[3, 2], &[&[0]]), "found elements of shape (1, 3) at 1 indices"),
        (sparse(1, &[], &[], &[&[0]]), "() row_sparse elements for"),
        (sparse(2, &[1], &[1, 2], &[&[0, 1], &[2]]), "a column of array 0 `w` from 0 to below 2"),
        (sparse(2, &[2], &[1, 2], &[&[0, 2], &[1, 0]]), "a column of array 0 `w` from 2 to below"),
        (sparse(2, &[1], &[1, 2], &[&[1, 1], &[0]]), "a start of a row of array 0 `w` from 0"),
        (sparse(2, &[1], &[2, 2], &[&[0, 1, 0], &[0]]), "a start of a row of array 0 `w` from 1"),
        (sparse(2, &[1], &[1, 2], &[&[0, 9], &[0]]), "a start of a row of array 0 `w` from 0"),
        (sparse(2, &[2], &[1, 2], &[&[0, 1], &[0, 1]]), "(1, 2) csr elements for array 0 `w`"),
        (sparse(2, &[1], &[2, 2], &[&[0, 1], &[0]]), "(2, 2) csr elements for array 0 `w`"),
        (sparse(2, &[1], &[2], &[&[0, 1], &[0]]), "(2,) csr elements for array 0 `w`"),
    ];
    for (file, expected) in wrong {
        let text = file.error();
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn indices_are_whole_numbers_along_one_axis() {
    let head = || Bytes::file(1).record(V2, 1).shape(&[1]).shape(&[2]).on_cpu(3);
    let narrow = head().i32(4).shape(&[1]).data(&[1]).i32(1).u64(0);
    let contents = narrow.parse().unwrap();
    assert_eq!(contents.arrays.iter().next().unwrap().1.bytes(), [0, 1]);
    let float = head().i32(0).shape(&[1]).data(&[1]).i32(0).u64(0);
    assert!(float.error().contains("int64 or int32 indices along one axis for array 0"));
    let square = head().i32(6).shape(&[1, 1]).data(&[1]).u64(0).u64(0);
    assert!(square.error().contains("found int64 (1, 1)"));
}

#[test]
fn sparse_arrays_may_not_fill_the_memory() {
    for rows in [1 << 27, 1 << 40, 1 << 62] {
        let text = sparse(1, &[1, 1], &[rows, 1], &[&[0]]).error();
        assert!(text.contains("array 0 `w` to take at most 67108864 bytes"), "{text}");
    }
    // each fits, but not all of them together
    let two = (0..2).fold(Bytes::file(2), |file, _| {
        file.record(V2, 1).shape(&[0]).shape(&[40 << 20]).on_cpu(3).i32(6).shape(&[0])
    });
    let text = two.u64(0).error();
    assert!(text.contains("array 1 to take at most 25165824 bytes when made dense"), "{text}");
}

proptest! {
    #[test]
    fn every_byte_string_reads_or_errs(
        magic in any::<bool>(),
        mut bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        if magic {
            bytes.splice(..0, Bytes::file(1).u32(V2).0);
        }
        let _ = parse(&bytes);
    }

    #[test]
    fn every_damaged_file_reads_or_errs(
        file in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        inserted in prop::collection::vec(any::<u8>(), 0..9),
    ) {
        let files: Vec<_> = ["nd_sparse", "nd_dict", "np_v3", "legacy_v0", "legacy_v1", "nd_dtypes"]
            .map(|file| golden_bytes(&format!("{file}.params")))
            .into();
        let mut bytes = file.get(&files).clone();
        for (place, byte) in changes {
            *place.get_mut(&mut bytes) = byte;
        }
        let cut = cut.index(bytes.len());
        bytes.splice(cut..cut, inserted);
        if let Ok(contents) = parse(&bytes) {
            // whatever was read can be written, and reads back equal
            let again = parse(&to_bytes(&contents.arrays)).unwrap();
            prop_assert_eq!(again.arrays, contents.arrays);
        }
    }

    #[test]
    fn what_is_written_reads_back(
        arrays in prop::collection::vec((".{0,6}", 0..DTYPES.len(), prop::collection::vec(0..4usize, 0..=8)), 0..5),
        named in any::<bool>(),
    ) {
        let entries: Vec<_> = arrays.into_iter().enumerate().map(|(i, (name, dtype, sizes))| {
            let (dtype, shape) = (DTYPES[dtype], Shape::new(&sizes));
            let bytes = (0..shape.size() * dtype.size()).map(|byte| byte as u8).collect();
            (format!("{name}{i}"), Array::new(dtype, shape, bytes).unwrap())
        }).collect();
        let arrays = if named && !entries.is_empty() {
            Arrays::Dict(entries)
        } else {
            Arrays::List(entries.into_iter().map(|(_, array)| array).collect())
        };
        let contents = parse(&to_bytes(&arrays)).unwrap();
        prop_assert_eq!(contents, Contents { arrays, notes: vec![] });
    }
}
