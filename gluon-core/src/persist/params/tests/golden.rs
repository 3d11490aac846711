//! Files that MXNet 1.9.1 wrote, field by field against `files.json`.

use serde_json::Value;

use super::*;
use crate::dtype::{bf16, f16};
use crate::shape::Shape;

fn description() -> Value {
    serde_json::from_slice(&golden_bytes("files.json")).unwrap()
}

fn sizes(value: &Value) -> Shape {
    let sizes = value.as_array().unwrap().iter();
    Shape::new(&sizes.map(|size| size.as_u64().unwrap() as usize).collect::<Vec<_>>())
}

/// The elements as numbers, and the same numbers of the description in that type.
fn numbers(array: &Array, described: &[Value]) -> (Vec<f64>, Vec<f64>) {
    fn both<T: crate::Element>(array: &Array, described: &[Value]) -> (Vec<f64>, Vec<f64>) {
        let described = described.iter().map(|value| match value {
            Value::Bool(truth) => f64::from(u8::from(*truth)),
            Value::String(special) => special.parse().unwrap(),
            number => number.as_f64().unwrap(),
        });
        let found = array.to_vec::<T>().unwrap().into_iter().map(T::to_f64).collect();
        (found, described.map(|value| T::from_f64(value).to_f64()).collect())
    }
    match array.dtype() {
        DType::F32 => both::<f32>(array, described),
        DType::F64 => both::<f64>(array, described),
        DType::F16 => both::<f16>(array, described),
        DType::BF16 => both::<bf16>(array, described),
        DType::I8 => both::<i8>(array, described),
        DType::I32 => both::<i32>(array, described),
        DType::I64 => both::<i64>(array, described),
        DType::U8 => both::<u8>(array, described),
        DType::Bool => both::<bool>(array, described),
        other => panic!("no golden file holds {other}"),
    }
}

/// Equal numbers, with NaN equal to itself and 0 different from -0.
fn assert_same(found: &[f64], expected: &[f64], place: &str) {
    let canonical = |values: &[f64]| -> Vec<u64> {
        values.iter().map(|v| if v.is_nan() { f64::NAN.to_bits() } else { v.to_bits() }).collect()
    };
    assert_eq!(canonical(found), canonical(expected), "{place}: {found:?}, not {expected:?}");
}

/// The dense elements that a sparse array's description stands for.
fn dense(described: &Value) -> Vec<Value> {
    let shape = sizes(&described["shape"]);
    let mut dense = vec![Value::from(0.0); shape.size()];
    let stored = described["data"].as_array().unwrap();
    let indices = |list: usize| -> Vec<usize> {
        let list = described["aux_data"][list].as_array().unwrap();
        list.iter().map(|index| index.as_u64().unwrap() as usize).collect()
    };
    if described["stype"] == "csr" {
        let (starts, columns) = (indices(0), indices(1));
        for row in 0..shape[0] {
            for i in starts[row]..starts[row + 1] {
                dense[row * shape[1] + columns[i]] = stored[i].clone();
            }
        }
    } else {
        for (row, values) in indices(0).into_iter().zip(stored.chunks(shape[1])) {
            dense[row * shape[1]..][..shape[1]].clone_from_slice(values);
        }
    }
    dense
}

fn check(described: &Value, name: Option<&str>, array: &Array, file: &[u8], place: &str) {
    assert_eq!(name, described["name"].as_str(), "{place}");
    assert_eq!(*array.shape(), sizes(&described["shape"]), "{place}");
    assert_eq!(array.dtype().name(), described["dtype"].as_str().unwrap(), "{place}");
    if described["stype"] == "row_sparse" || described["stype"] == "csr" {
        let (found, expected) = numbers(array, &dense(described));
        return assert_same(&found, &expected, place);
    }
    let start = described["data_offset"].as_u64().unwrap() as usize;
    assert_eq!(array.bytes(), &file[start..][..array.bytes().len()], "{place}");
    if let Some(data) = described["data"].as_array() {
        let (found, expected) = numbers(array, data);
        assert_same(&found, &expected, place);
    }
}

#[test]
fn every_described_file_reads_as_described() {
    let description = description();
    let files = description["files"].as_object().unwrap();
    assert_eq!(files.len(), 36);
    let mut checked = 0;
    for (file, described) in files {
        let bytes = golden_bytes(file);
        let Some(arrays) = described["arrays"].as_array() else {
            assert!(described["mxnet_error"].is_string(), "{file}");
            continue;
        };
        if file == "dup_names.params" {
            continue; // its own test below
        }
        let contents = read(format!("{FOLDER}{file}")).unwrap();
        assert_eq!(contents.arrays.len(), arrays.len(), "{file}");
        for (index, (described, (name, array))) in
            arrays.iter().zip(contents.arrays.iter()).enumerate()
        {
            check(described, name, array, &bytes, &format!("{file}, array {index}"));
            checked += 1;
        }
        let unnamed = described["names_count"] == 0;
        assert_eq!(matches!(contents.arrays, Arrays::List(_)), unnamed, "{file}");
        let expected = match described["trailing"].as_u64().unwrap() {
            0 if file == "nd_sparse.params" => 4,
            0 => 0,
            _ => 1,
        };
        assert_eq!(contents.notes.len(), expected, "{file}: {:?}", contents.notes);
    }
    assert_eq!(checked, 113);
}

#[test]
fn the_oldest_layout_reads() {
    let contents = parse(&golden_bytes("legacy_ndarray.v0")).unwrap();
    assert_eq!(contents.notes, []);
    let Arrays::List(arrays) = contents.arrays else { panic!("{:?}", contents.arrays) };
    let expected: Vec<f32> = (0..128u8).map(f32::from).collect();
    assert_eq!(arrays.len(), 6);
    for array in arrays {
        assert_eq!(array.to_vec::<f32>().unwrap(), expected);
    }
}

#[test]
fn the_last_of_equal_names_counts() {
    let contents = parse(&golden_bytes("dup_names.params")).unwrap();
    let zeros = Array::from_elements(Shape::from([4]), &[0.0f32; 4]).unwrap();
    assert_eq!(contents.arrays, Arrays::Dict(vec![("w".to_string(), zeros)]));
    assert_eq!(contents.notes, [Note::DuplicateName { array: "w".to_string() }]);
}

#[test]
fn notes_say_what_happened() {
    let notes = |file| parse(&golden_bytes(file)).unwrap().notes;
    let texts: Vec<_> = notes("nd_sparse.params").iter().map(Note::to_string).collect();
    assert_eq!(
        texts,
        [
            "array `rs` is stored as row_sparse and was made dense",
            "array `csr` is stored as csr and was made dense",
            "array `rs_empty` is stored as row_sparse and was made dense",
            "array `csr_empty` is stored as csr and was made dense",
        ]
    );
    assert_eq!(notes("trailing_bytes.params"), [Note::TrailingBytes { count: 4 }]);
}

/// MXNet writes this file and then fails to read it: its reader ends the record at the shape,
/// without axes, and takes the value that follows for names.
#[test]
fn a_scalar_that_mxnet_cannot_read_is_read() {
    let contents = parse(&golden_bytes("scalar_legacy_unloadable.params")).unwrap();
    let (name, array) = contents.arrays.iter().next().unwrap();
    assert_eq!(contents.arrays.len(), 1);
    assert_eq!(array.shape(), &Shape::SCALAR);
    assert_eq!(array.to_vec::<f32>().unwrap(), [3.5]);
    let array = name.unwrap().to_string();
    assert_eq!(contents.notes, [Note::LegacyScalar { array }]);
}

#[test]
fn broken_files_say_what_is_wrong() {
    let cases = [
        ("bad_header.params", "expected 0x112, found"),
        ("bad_record_magic.params", "expected array 0 to begin with 0xf993fac8, "),
        ("bad_truncated_data.params", "expected 4 bytes for the device of array 0, found 2 left"),
        ("bad_truncated_names.params", "expected 1 byte for the name of array 1, found 0 left"),
        ("bad_names_count.params", "expected as many names as arrays, 2, or none, found 1 at byte"),
    ];
    for (file, expected) in cases {
        let text = read(format!("{FOLDER}{file}")).unwrap_err().to_string();
        assert!(text.contains(expected), "{text}");
        assert!(text.contains(file), "{text}");
        assert!(text.contains(" at byte "), "{text}");
    }
}

#[test]
fn a_missing_file_cannot_be_read() {
    let error = read(format!("{FOLDER}missing.params")).unwrap_err();
    assert!(matches!(error, Error::Io { action: "read", .. }), "{error}");
}

/// Every file that MXNet wrote comes out as it went in. The others hold what the writer does not
/// write: sparse arrays, other devices, older records, mistakes.
#[test]
fn written_files_equal_those_of_mxnet() {
    let others = [
        "ctx_gpu.params",
        "dup_names.params",
        "legacy_ndarray.v0",
        "legacy_v0.params",
        "legacy_v1.params",
        "nd_ctx3.params",
        "nd_sparse.params",
        "scalar_legacy_unloadable.params",
        "trailing_bytes.params",
    ];
    let mut same = 0;
    for file in golden_files() {
        if file.starts_with("bad_") || others.contains(&file.as_str()) {
            continue;
        }
        let bytes = golden_bytes(&file);
        let arrays = parse(&bytes).unwrap().arrays;
        assert!(to_bytes(&arrays) == bytes, "{file} differs");
        same += 1;
    }
    assert_eq!(same, 23);
}

/// What the writer does not write reads back equal all the same.
#[test]
fn every_readable_file_survives_a_round_trip() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("again.params");
    for file in golden_files() {
        let Ok(contents) = parse(&golden_bytes(&file)) else { continue };
        write(&path, &contents.arrays).unwrap();
        assert_eq!(read(&path).unwrap(), Contents { arrays: contents.arrays, notes: vec![] });
    }
}
