//! Whole models of the Gluon chapters: values, gradients, training and files as in MXNet.

use std::collections::BTreeMap;
use std::fs;

use gluon::autograd::record;
use gluon::loss::{Loss, SoftmaxCrossEntropyLoss};
use gluon::nn::Dense;
use gluon::optim::Sgd;
use gluon::prelude::*;
use gluon::train::Trainer;
use serde_json::Value;

use crate::golden::{
    self, SOFTMAX, STEPPED, SUMMED, TRAINED, assert_close, assert_differentiates, assert_each,
    tensor, texts,
};
use crate::optimizers::trainer;

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

/// Loads a file, in which so many arrays have other names, into a new `Mlp`, and asserts that its
/// output is MXNet's.
fn assert_loads(file: &str, renamed: usize) -> Mlp {
    let golden = golden::open("mlp.json");
    let mut net = Mlp::new();
    let report = net.load_parameters(golden::path(file)).unwrap();
    assert_eq!(report.renamed.len(), renamed, "{report}");
    let y = net.forward(&tensor(&golden["X"])).unwrap();
    assert_close("Y", &y, &golden["Y"], SUMMED);
    net
}

#[test]
fn an_mlp_loads_a_file_of_gluon_and_writes_the_same_bytes() {
    let golden = golden::open("mlp.json");
    let net = assert_loads("mlp.params", 0);
    let paths: Vec<String> = net.collect_params().iter().map(|p| p.path().to_owned()).collect();
    assert_eq!(paths, texts(&golden["structural_names"]));

    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.params");
    net.save_parameters(&copy).unwrap();
    assert!(fs::read(copy).unwrap() == fs::read(golden::path("mlp.params")).unwrap());
}

#[test]
fn an_mlp_loads_a_file_with_the_names_of_older_versions() {
    assert_loads("mlp_legacy.params", 4);
}

/// A container of one's own.
#[derive(Block)]
struct MySequential {
    layers: BTreeMap<String, Box<dyn Layer>>,
}

impl Forward for MySequential {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.layers.values().try_fold(x.clone(), |x, layer| x.apply(layer))
    }
}

#[test]
fn a_container_of_ones_own_computes_as_in_mxnet() {
    let golden = golden::open("mysequential.json");
    let layers: [(&str, Box<dyn Layer>); 2] =
        [("dense0", Box::new(Dense::new(32).relu())), ("dense1", Box::new(Dense::new(10)))];
    let layers = layers.into_iter().map(|(name, layer)| (name.to_owned(), layer)).collect();
    let mut net = MySequential { layers };
    // There, children are in no field and have no `layers.` before their names.
    let load = gluon::persist::Load::new().rename("^", "layers.");
    net.load_parameters_with(golden::path("mysequential.params"), &load).unwrap();

    let gradients = prefixed(&golden["grads"], "layers.");
    assert_differentiates(&net, &golden, &gradients, SUMMED);
}

fn prefixed(values: &Value, prefix: &str) -> Value {
    let values = values.as_object().unwrap().iter();
    values.map(|(name, value)| (format!("{prefix}{name}"), value.clone())).collect()
}

/// The net of `shared.json`, whose layers 1 and 2 are tied.
fn tied() -> gluon::nn::Sequential {
    sequential![
        Dense::new(8).relu(),
        shared: Dense::new(8).relu(),
        #[shared(shared)] Dense::new(8).relu(),
        Dense::new(10),
    ]
}

#[test]
fn the_gradient_of_a_shared_layer_is_the_sum_over_its_uses_as_in_mxnet() {
    let golden = golden::open("shared.json");
    let mut net = tied();
    let report = net.load_parameters(golden::path("shared.params")).unwrap();
    assert_eq!(report.tied.len(), 2);
    assert_differentiates(&net, &golden, &golden["grads"], SUMMED);
    assert_eq!(net.collect_params().len(), texts(&golden["param_names"]).len());

    // The same values in a net that shares nothing: each use has its part of the sum.
    let dense = || Dense::new(8).relu();
    let mut twin = sequential![dense(), dense(), dense(), Dense::new(10)];
    twin.load_parameters(golden::path("shared.params")).unwrap();
    for layer in ["1", "2"] {
        let gradients =
            prefixed(&golden[&format!("unshared_twin_grads_layer{layer}")], &format!("{layer}."));
        assert_differentiates(&twin, &golden, &gradients, SUMMED);
    }
}

#[test]
fn a_shared_layer_is_updated_once_a_step_as_in_mxnet() {
    let golden = golden::open("shared.json");
    let mut net = tied();
    net.load_parameters(golden::path("shared.params")).unwrap();
    let parameters = net.collect_params();
    let sgd = Sgd::new(0.5).momentum(0.9);
    let mut trainer = Trainer::new(net.collect_params(), sgd).unwrap();
    let (x, head) = (tensor(&golden["X"]), tensor(&golden["head_grad"]));
    for (step, expected) in golden["trainer"]["weights"].as_array().unwrap().iter().enumerate() {
        if step > 0 {
            let y = record(|| net.forward(&x)).unwrap();
            y.backward_with(&head, false).unwrap();
            trainer.step(2).unwrap();
        }
        for (name, entry) in texts(&golden["param_names"]).iter().zip(&parameters) {
            let what = format!("{} after step {step}", entry.path());
            assert_close(&what, &entry.data().unwrap(), &expected[name], STEPPED);
        }
    }
}

#[test]
fn files_of_tied_nets_load_however_gluon_wrote_them() {
    let golden = golden::open("shared.json");
    for (file, tied_parameters) in [("shared.params", 2), ("shared_dedup.params", 0)] {
        let mut net = tied();
        let report = net.load_parameters(golden::path(file)).unwrap();
        assert_eq!(report.tied.len(), tied_parameters, "{report}");
        let y = net.forward(&tensor(&golden["X"])).unwrap();
        assert_close(file, &y, &golden["Y"], SUMMED);
    }
}

#[test]
fn training_goes_step_by_step_as_in_mxnet() {
    let golden = golden::open("train.json");
    let (x, label) = (tensor(&golden["X"]), tensor(&golden["label"]));
    for run in golden["runs"].as_array().unwrap() {
        let net = sequential![Dense::new(6).relu(), Dense::new(4)];
        let parameters = net.collect_params();
        golden::set(&parameters, &golden["initial"]);
        let name = golden::text(&run["optimizer"]);
        let mut trainer = trainer(net.collect_params(), name, &run["kwargs"]).unwrap();
        for (step, expected) in run["steps"].as_array().unwrap().iter().enumerate() {
            let tolerance = if step == 0 { SOFTMAX } else { TRAINED };
            let what = |part: &str| format!("{name} {}, step {step}: {part}", run["kwargs"]);
            let forward = || SoftmaxCrossEntropyLoss::default().forward(&net.forward(&x)?, &label);
            let loss = record(forward).unwrap();
            assert_close(&what("loss"), &loss, &expected["loss"], tolerance);
            loss.backward().unwrap();
            if step == 0 {
                let expected = &expected["grads"];
                assert_each(&what("gradient"), &parameters, Parameter::grad, expected, tolerance);
            }
            trainer.step(5).unwrap();
            let expected = &expected["weights"];
            assert_each(&what("value"), &parameters, Parameter::data, expected, tolerance);
        }
    }
}
