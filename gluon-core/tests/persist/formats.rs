use std::fs;

use gluon::nn::Dense;
use gluon::persist::{self, Array, Arrays, Format};
use gluon::{Block, DType, Error, Forward, Persist, Shape, Tensor, sequential};

use crate::nets::{Memory, Mlp, Scratch, Tied, input, state};

/// The extensions that this build can write.
pub const EXTENSIONS: &[&str] = &[
    "params",
    #[cfg(feature = "checkpoint")]
    "gluon",
    #[cfg(feature = "safetensors")]
    "safetensors",
    #[cfg(feature = "npz")]
    "npz",
];

/// Arrays of every type and of every kind of shape.
pub fn arrays() -> Arrays {
    let shapes = [Shape::SCALAR, 3.into(), [2, 3].into(), [0, 2].into(), [1, 2, 1, 2, 1].into()];
    DType::ALL
        .into_iter()
        .enumerate()
        .map(|(i, dtype)| {
            let shape = shapes[i % shapes.len()];
            let bytes = (0..shape.size() * dtype.size()).map(|b| (b * 37 + i) as u8);
            let bytes = match dtype {
                DType::Bool => bytes.map(|byte| byte & 1).collect(),
                _ => bytes.collect(),
            };
            (format!("{dtype}.ä {i}"), Array::new(dtype, shape, bytes).unwrap())
        })
        .collect()
}

/// The same arrays under the same names, in whatever order.
fn sorted(arrays: Arrays) -> Vec<(String, Array)> {
    let Arrays::Dict(mut entries) = arrays else { panic!("no names") };
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    entries
}

#[test]
fn every_type_and_shape_comes_back_from_every_format() {
    let scratch = Scratch::new();
    for extension in EXTENSIONS {
        let path = scratch.at(&format!("a.{extension}"));
        persist::write(&path, &arrays()).unwrap();
        let back = persist::read(&path).unwrap();
        assert_eq!(sorted(back.arrays), sorted(arrays()), "{extension}");
        assert!(back.notes.is_empty());
        let bytes = fs::read(&path).unwrap();
        assert_eq!(Format::of_bytes(&bytes), Some(Format::of_path(&path)));
        let back = persist::from_bytes(bytes, &path).unwrap();
        assert_eq!(sorted(back.arrays), sorted(arrays()), "{extension}");
    }
}

#[test]
fn nets_come_back_from_every_format_whatever_the_file_is_called() {
    let scratch = Scratch::new();
    let (_, net) = scratch.of_mlp();
    for extension in EXTENSIONS {
        let path = scratch.at(&format!("m.{extension}"));
        net.save_parameters(&path).unwrap();
        fs::rename(&path, scratch.at("renamed")).unwrap();
        let mut again = Mlp::new();
        let report = again.load_parameters(scratch.at("renamed")).unwrap();
        assert_eq!(report.format, Format::of_path(&path));
        assert_eq!(again.forward(&input()).unwrap(), net.forward(&input()).unwrap());
        assert_eq!(state(&again), state(&net));
    }
}

#[test]
fn a_parameter_without_elements_comes_back_from_every_format() {
    let scratch = Scratch::new();
    for extension in EXTENSIONS {
        let path = scratch.at(&format!("empty.{extension}"));
        Memory::new().save_parameters(&path).unwrap();
        let mut again = Memory::new();
        assert_eq!(again.load_parameters(&path).unwrap().loaded, ["memory"], "{extension}");
        assert_eq!(again.memory.data().unwrap().shape(), [0, 3]);
    }
}

/// So large that threads share the reading; a damaged part is found in whichever half it is.
#[test]
fn large_nets_come_back_from_every_format() {
    let scratch = Scratch::new();
    let make = || {
        let mut net = sequential![Dense::new(1030).in_units(400), Dense::new(700), Dense::new(10)];
        net.initialize().unwrap();
        net.forward(&Tensor::ones([1, 400])).unwrap();
        net
    };
    let net = make();
    for extension in EXTENSIONS {
        let path = scratch.at(&format!("large.{extension}"));
        net.save_parameters(&path).unwrap();
        let mut again = make();
        again.load_parameters(&path).unwrap();
        assert_eq!(state(&again), state(&net), "{extension}");
    }
    #[cfg(feature = "checkpoint")]
    {
        let path = scratch.at("large.gluon");
        let bytes = fs::read(&path).unwrap();
        for at in [bytes.len() / 4, bytes.len() - 1] {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            fs::write(&path, bytes).unwrap();
            let mut again = make();
            let before = state(&again);
            let result = again.load_parameters(&path);
            assert!(matches!(result, Err(Error::Format { .. })), "{result:?}");
            assert_eq!(state(&again), before);
        }
    }
}

#[test]
fn shared_parameters_are_stored_once_where_the_format_can() {
    let scratch = Scratch::new();
    let mut net = Tied::new();
    net.initialize().unwrap();
    for extension in EXTENSIONS {
        let path = scratch.at(&format!("t.{extension}"));
        net.save_parameters(&path).unwrap();
        let mut again = Tied::new();
        let report = again.load_parameters(&path).unwrap();
        assert_eq!(report.tied.len(), 2, "{extension}");
        assert_eq!(state(&again), state(&net));
        let floats = |tensor: Tensor| tensor.to_vec::<f32>().unwrap();
        let weight = floats(net.first.weight.data().unwrap());
        let needle: Vec<u8> = weight.iter().flat_map(|x| x.to_le_bytes()).collect();
        let bytes = fs::read(&path).unwrap();
        let copies = bytes.windows(needle.len()).filter(|window| **window == needle).count();
        let expected = if ["params", "npz"].contains(extension) { 2 } else { 1 };
        assert_eq!(copies, expected, "{extension}");
    }
}

#[test]
fn lists_come_back_where_the_format_can() {
    let scratch = Scratch::new();
    let tensors = vec![Tensor::arange(3), Tensor::ones([2, 2])];
    for extension in EXTENSIONS {
        let path = scratch.at(&format!("l.{extension}"));
        let result = persist::save(&path, &tensors);
        if *extension == "safetensors" {
            let error = result.unwrap_err().to_string();
            assert_eq!(error, "a safetensors file expected arrays with names, found 2 without");
            assert!(!path.exists());
            continue;
        }
        result.unwrap();
        let back = persist::load(&path).unwrap();
        assert!(matches!(back, Arrays::List(_)), "{extension}");
        assert_eq!(back.into_list(), tensors);
    }
}

#[test]
fn names_are_written_once() {
    let scratch = Scratch::new();
    let twice = [("a", Tensor::ones([1])), ("a", Tensor::zeros([1]))];
    for extension in EXTENSIONS.iter().skip(1) {
        let path = scratch.at(&format!("d.{extension}"));
        let error = persist::save(&path, twice.clone()).unwrap_err();
        assert!(matches!(error, Error::Unstorable { .. }), "{error}");
        assert!(!path.exists());
    }
}

#[cfg(feature = "npz")]
#[test]
fn npz_refuses_names_that_a_zip_archive_cannot_have() {
    let scratch = Scratch::new();
    let path = scratch.at("long.npz");
    let save = |len: usize| persist::save(&path, [("x".repeat(len), Tensor::ones([1]))]);
    let error = save(65_532).unwrap_err().to_string();
    assert_eq!(error, "a npz file expected names of at most 65531 bytes, found one of 65532");
    assert!(!path.exists());
    save(65_531).unwrap();
    assert_eq!(persist::load(&path).unwrap().len(), 1);
}

#[test]
fn extensions_choose_the_format() {
    let cases = [
        ("a", Format::Params),
        ("a.PARAMS", Format::Params),
        ("a.weights", Format::Params),
        ("a.gluon", Format::Gluon),
        ("dir.npz/a.SafeTensors", Format::SafeTensors),
        ("a.params.npz", Format::Npz),
    ];
    for (path, format) in cases {
        assert_eq!(Format::of_path(path), format, "{path}");
    }
}

#[test]
fn extensions_of_others_are_refused_for_writing_alone() {
    let scratch = Scratch::new();
    let x = Tensor::ones([1]);
    for name in ["a.pt", "a.PTH", "a.onnx", "a.h5", "a.npy"] {
        let path = scratch.at(name);
        let error = persist::save(&path, &x).unwrap_err().to_string();
        let expected = format!(
            "`save` expected `path` to be one that ends in `.params`, `.gluon`, \
             `.safetensors` or `.npz`, found `{}`, whose ending is that of ",
            path.display()
        );
        assert!(error.starts_with(&expected) && !path.exists(), "{error}");
        persist::save(scratch.at("a.params"), &x).unwrap();
        std::fs::rename(scratch.at("a.params"), &path).unwrap();
        assert_eq!(persist::load(&path).unwrap().into_tensor().unwrap(), x);
    }
}

#[test]
fn formats_that_are_not_built_say_so() {
    let scratch = Scratch::new();
    for extension in ["gluon", "safetensors", "npz"] {
        let path = scratch.at(&format!("a.{extension}"));
        if !EXTENSIONS.contains(&extension) {
            let error = persist::save(&path, [("a", Tensor::ones([1]))]).unwrap_err();
            assert!(matches!(error, Error::FormatDisabled { .. }), "{error}");
        }
    }
}
