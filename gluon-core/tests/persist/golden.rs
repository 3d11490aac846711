use std::fs;
use std::path::PathBuf;

use gluon::nn::{Dense, Sequential};
use gluon::parameter::Parameter;
use gluon::persist::Load;
use gluon::{Block, Forward, Persist, Result, Tensor};
use gluon_macros::Block;
use serde_json::Value;

use crate::nets::{Norm, Scratch};

fn at(file: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/mxnet")).join(file)
}

fn json(file: &str) -> Value {
    serde_json::from_slice(&fs::read(at(file)).unwrap()).unwrap()
}

fn tensor(value: &Value) -> Tensor {
    let numbers = |key| value[key].as_array().unwrap().iter().map(|n| n.as_f64().unwrap());
    let shape: Vec<usize> = numbers("shape").map(|size| size as usize).collect();
    let data: Vec<f32> = numbers("data").map(|x| x as f32).collect();
    Tensor::from_vec(data, gluon::Shape::new(&shape)).unwrap()
}

fn assert_close(a: &Tensor, b: &Tensor) {
    assert_eq!(a.shape(), b.shape());
    let pairs = a.to_vec::<f32>().unwrap().into_iter().zip(b.to_vec::<f32>().unwrap());
    for (a, b) in pairs {
        assert!((a - b).abs() <= 1e-6 + 1e-5 * b.abs(), "{a} {b}");
    }
}

#[derive(Block)]
struct Mlp {
    #[new(Dense::new(256).relu())]
    hidden: Dense,
    #[new(Dense::new(10))]
    output: Dense,
}

impl Forward for Mlp {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.apply(&self.hidden)?.apply(&self.output)
    }
}

#[test]
fn structural_and_scoped_names_load() {
    let numbers = json("mlp.json");
    for (file, renamed) in [("mlp.params", 0), ("mlp_legacy.params", 4)] {
        let mut net = Mlp::new();
        let report = net.load_parameters(at(file)).unwrap();
        assert_eq!(report.renamed.len(), renamed, "{report}");
        assert_close(&net.forward(&tensor(&numbers["X"])).unwrap(), &tensor(&numbers["Y"]));
    }
}

#[test]
fn what_is_saved_is_what_mxnet_writes() {
    let scratch = Scratch::new();
    let mut net = Mlp::new();
    net.load_parameters(at("mlp.params")).unwrap();
    net.save_parameters(scratch.at("mlp.params")).unwrap();
    assert_eq!(fs::read(scratch.at("mlp.params")).unwrap(), fs::read(at("mlp.params")).unwrap());
}

#[derive(Block)]
#[block(sequential)]
struct Shared {
    #[new(Dense::new(8).relu())]
    #[block(name = "0")]
    first: Dense,
    #[new(Dense::new(8).relu())]
    #[block(name = "1")]
    shared: Dense,
    #[shared(shared)]
    #[block(name = "2")]
    again: Dense,
    #[new(Dense::new(10))]
    #[block(name = "3")]
    output: Dense,
}

#[test]
fn shared_parameters_load_from_all_or_one_of_their_names() {
    let numbers = json("shared.json");
    for (file, tied) in [("shared.params", 2), ("shared_dedup.params", 0)] {
        let mut net = Shared::new();
        let report = net.load_parameters(at(file)).unwrap();
        assert_eq!(report.tied.len(), tied);
        assert!(net.shared.weight.is_same(&net.again.weight));
        assert_close(&net.forward(&tensor(&numbers["X"])).unwrap(), &tensor(&numbers["Y"]));
    }
}

#[derive(Block)]
struct FancyMlp {
    #[new(Parameter::constant(Tensor::zeros([20, 20])))]
    rand_weight: Parameter,
    #[new(Dense::new(20).relu())]
    dense: Dense,
}

#[test]
fn constants_load() {
    let mut net = FancyMlp::new();
    net.load_parameters(at("fancymlp.params")).unwrap();
    assert_ne!(net.rand_weight.data().unwrap(), Tensor::zeros([20, 20]));
    assert_eq!(net.rand_weight.grad_req(), gluon::autograd::GradReq::Null);
    assert_eq!(net.dense.weight.shape(), [20, 20]);
}

#[derive(Block)]
struct Exported {
    #[new(Dense::new(4))]
    hidden: Dense,
    #[new(Norm::new())]
    bn: Norm,
    #[new(Dense::new(3))]
    output: Dense,
}

/// The same net, once exported with `arg:` and `aux:` and names from a root called `net_`.
#[test]
fn exported_models_load() {
    let (mut exported, mut structural) = (Exported::new(), Exported::new());
    let report = exported.load_parameters(at("exported-0003.params")).unwrap();
    assert_eq!(report.renamed[0].key, "arg:net_dense0_weight");
    assert_eq!(report.renamed[0].name, "hidden.weight");
    structural.load_parameters(at("exported_structural.params")).unwrap();
    let (a, b) = (exported.collect_params(), structural.collect_params());
    for (a, b) in a.iter().zip(&b) {
        assert_eq!(a.data().unwrap(), b.data().unwrap(), "{a}");
    }
}

/// Without name scopes Gluon counts the layers of a process, so the second instance of a net has
/// other names. A rule tells which ones.
#[test]
fn rules_map_counters_of_other_instances() {
    let mut plain = Mlp::new();
    plain.load_parameters(at("mlp_legacy.params")).unwrap();
    let scratch = Scratch::new();
    let names = ["dense2_weight", "dense2_bias", "dense3_weight", "dense3_bias"];
    let params = plain.collect_params();
    let arrays = names.into_iter().zip(params.iter().map(|p| p.data().unwrap()));
    gluon::persist::save(scratch.at("l"), arrays.collect::<Vec<_>>()).unwrap();
    let mut net = Mlp::new();
    assert!(net.load_parameters(scratch.at("l")).is_err());
    let load = Load::new().rename("^dense2_", "hidden.").rename("^dense3_", "output.");
    net.load_parameters_with(scratch.at("l"), &load).unwrap();
    assert_eq!(net.output.weight.data().unwrap(), plain.output.weight.data().unwrap());
}

#[test]
fn leaves_have_files_without_dots() {
    let scratch = Scratch::new();
    let mut layer = Dense::new(3).in_units(2);
    layer.initialize().unwrap();
    layer.save_parameters(scratch.at("d.params")).unwrap();
    let mut again = Dense::new(3);
    again.load_parameters(scratch.at("d.params")).unwrap();
    assert_eq!(again.weight.data().unwrap(), layer.weight.data().unwrap());
}

#[test]
fn nested_containers_have_the_names_of_gluon() {
    let mut net = Sequential::new();
    net.add(Nested::new());
    net.add(Dense::new(20));
    net.add(Tail::new());
    let report = net.load_parameters(at("nestmlp.params")).unwrap();
    assert_eq!(report.loaded[0], "0.net.0.weight");
    assert_eq!(report.loaded.len(), 10);
    let numbers = json("nestmlp.json");
    assert_close(&net.forward(&tensor(&numbers["X"])).unwrap(), &tensor(&numbers["Y"]));
}

#[derive(Block)]
#[block(sequential)]
struct Nested {
    #[new(gluon::sequential![Dense::new(8).relu(), Dense::new(6).relu()])]
    net: Sequential,
    #[new(Dense::new(4).relu())]
    dense: Dense,
}

#[derive(Block)]
#[block(sequential)]
struct Tail {
    #[new(Dense::new(5).tanh())]
    dense: Dense,
}
