//! Arrays are read over the values that a model has.

use gluon::nn::{Dense, Sequential};
use gluon::persist::Load;
use gluon::{Block, Error, Forward, Persist, Tensor, autograd, persist};
use gluon_macros::Block;

use crate::formats::EXTENSIONS;
use crate::nets::{Scratch, state};

/// Weights of 160 and 640 kB.
#[derive(Block)]
#[block(sequential)]
struct Wide {
    #[new(Dense::new(400).in_units(100).tanh())]
    hidden: Dense,
    #[new(Dense::new(400).in_units(400))]
    output: Dense,
}

const BYTES: u64 = 4 * (100 * 400 + 400 * 400);

fn wide(seed: u64) -> Wide {
    let mut net = Wide::new();
    net.initialize_with(gluon::init::Initialization::default().seed(seed)).unwrap();
    net
}

#[test]
fn a_model_with_values_is_loaded_into_their_memory() {
    let scratch = Scratch::new();
    let net = wide(1);
    for extension in EXTENSIONS {
        let path = scratch.at(&format!("wide.{extension}"));
        net.save_parameters(&path).unwrap();
        let mut other = wide(2);
        let taken = allocation_counter::measure(|| drop(other.load_parameters(&path).unwrap()));
        assert_eq!(state(&other), state(&net), "{extension}");
        if *extension != "npz" {
            assert!(taken.bytes_max < BYTES / 2, "{extension} {taken:?}");
        }
    }
}

/// In no order that the model knows.
#[test]
fn small_arrays_of_any_order_are_loaded_into_their_memory() {
    let scratch = Scratch::new();
    let arrays: Vec<_> = (0..300)
        .map(|i| (format!("{i}.weight"), Tensor::full([8, 16], f64::from(i), gluon::DType::F32)))
        .collect();
    let net = || {
        let mut net = Sequential::new();
        for _ in &arrays {
            let layer = Dense::new(8).in_units(16).no_bias();
            layer.weight.set_data(&Tensor::zeros([8, 16])).unwrap();
            net.add(layer);
        }
        net
    };
    for step in [1, 7, 299] {
        let shuffled: Vec<_> = (0..300).map(|i| arrays[i * step % 300].clone()).collect();
        for extension in EXTENSIONS {
            let path = scratch.at(&format!("{step}.{extension}"));
            persist::save(&path, shuffled.clone()).unwrap();
            let mut net = net();
            net.load_parameters(&path).unwrap();
            for (entry, (name, values)) in net.collect_params().iter().zip(&arrays) {
                assert_eq!(entry.path(), name);
                assert_eq!(entry.data().unwrap(), *values, "{step} {extension} {name}");
            }
        }
    }
}

/// Else they would wait for tensors that never come, more with each file.
#[test]
fn small_arrays_take_the_memory_of_those_dropped_before() {
    let scratch = Scratch::new();
    let path = scratch.at("small.gluon");
    let arrays: Vec<_> = (0..100).map(|i| (i.to_string(), Tensor::ones([16, 16]))).collect();
    persist::save(&path, arrays).unwrap();
    let load = || drop(persist::load(&path).unwrap());
    load();
    let taken = allocation_counter::measure(load);
    assert!(taken.bytes_total < 3 * 100 * 1024 / 2, "{taken:?}");
}

#[test]
fn bytes_in_memory_are_copied_into_a_model_once() {
    let scratch = Scratch::new();
    let net = wide(1);
    let path = scratch.at("wide.params");
    net.save_parameters(&path).unwrap();
    let archive = persist::Archive::from_bytes(std::fs::read(&path).unwrap(), &path).unwrap();
    let mut other = wide(2);
    archive.load(&mut other, &Load::new()).unwrap();
    assert_eq!(state(&other), state(&net));
}

/// What was computed before with the old values is not used with the new ones.
#[test]
fn a_model_that_has_computed_computes_with_what_it_loads() {
    let scratch = Scratch::new();
    let net = wide(1);
    let path = scratch.at("wide.gluon.params");
    net.save_parameters(&path).unwrap();
    for batch in [1, 3, 64] {
        let run = |net: &Wide| {
            let mut x = Tensor::ones([batch, 100]);
            x.attach_grad();
            // what is not recorded may use a weight turned for the pass before
            let y = net.forward(&x).unwrap();
            autograd::record(|| net.forward(&x)).unwrap().backward().unwrap();
            (y, x.grad().unwrap())
        };
        let mut other = wide(2);
        assert_ne!(run(&other).0, run(&net).0);
        other.load_parameters(&path).unwrap();
        assert_eq!(run(&other), run(&net), "{batch}");
    }
}

#[test]
fn handles_taken_before_keep_the_old_values() {
    let scratch = Scratch::new();
    let net = wide(1);
    let path = scratch.at("wide.params");
    net.save_parameters(&path).unwrap();
    let mut other = wide(2);
    let handle = other.output.weight.data().unwrap();
    let old = handle.to_vec::<f32>().unwrap();
    other.load_parameters(&path).unwrap();
    assert_eq!(handle.to_vec::<f32>().unwrap(), old);
    assert_eq!(state(&other), state(&net));
}

/// The first array could be read over the model's values when the last is found to be damaged.
#[test]
fn a_damaged_array_leaves_those_before_it_alone() {
    let scratch = Scratch::new();
    let net = wide(1);
    for extension in EXTENSIONS {
        let path = scratch.at(&format!("wide.{extension}"));
        net.save_parameters(&path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let last = net.output.weight.data().unwrap().to_vec::<f32>().unwrap();
        let needle: Vec<u8> = last.iter().flat_map(|x| x.to_le_bytes()).collect();
        let at = bytes.windows(needle.len()).position(|window| window == needle).unwrap();
        let mut damaged = bytes.clone();
        damaged[at + needle.len() - 1] ^= 1;
        for bytes in [damaged, bytes[..at + needle.len() - 1].to_vec()] {
            let is_cut = bytes.len() < at + needle.len();
            std::fs::write(&path, bytes).unwrap();
            let mut other = wide(2);
            let before = state(&other);
            let result = other.load_parameters(&path);
            if is_cut || ["gluon", "npz"].contains(extension) {
                assert!(matches!(result, Err(Error::Format { .. })), "{extension} {result:?}");
                assert_eq!(state(&other), before, "{extension}");
                let named = [result.map(drop), persist::load(&path).map(drop)];
                for error in named.map(|result| result.unwrap_err().to_string()) {
                    assert!(is_cut || error.contains("output.weight"), "{error}");
                }
            }
        }
    }
}
