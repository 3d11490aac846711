use std::path::PathBuf;

use gluon::nn::Dense;
use gluon::persist::Load;
use gluon::{Block, Persist};
use gluon_macros::Block;

use crate::nets::{Norm, Scratch};

fn at(file: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/mxnet")).join(file)
}

#[derive(Block)]
struct Mlp {
    #[new(Dense::new(256).relu())]
    hidden: Dense,
    #[new(Dense::new(10))]
    output: Dense,
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
