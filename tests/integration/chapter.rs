//! The nets of the chapter *deep learning computation* of *Dive into Deep Learning*: values,
//! gradients, names and files as in MXNet.

use std::sync::Mutex;

use gluon::autograd::record;
use gluon::init::Uniform;
use gluon::nn::{Dense, Sequential};
use gluon::optim::Sgd;
use gluon::prelude::*;
use gluon::train::Trainer;

use crate::golden::{
    self, SUMMED, Tolerance, assert_close, assert_differentiates, assert_each, tensor, text, texts,
};

/// For gradients through five layers, which are up to 1.2 and here and there up to 6e-7 from
/// exact arithmetic.
const DEEP: Tolerance = Tolerance { relative: 2e-6, absolute: 1e-6 };

/// A constant parameter, one layer used twice, and control flow that depends on the data.
#[derive(Block)]
#[allow(clippy::upper_case_acronyms)] // as in the chapter
struct FancyMLP {
    #[new(Parameter::constant(Tensor::zeros([20, 20])))]
    rand_weight: Parameter,
    #[new(Dense::new(20).relu())]
    dense: Dense,
    /// Every norm that led to a halving, and the one that led to the last step.
    #[block(skip)]
    #[new(Mutex::default())]
    norms: Mutex<Vec<f64>>,
}

impl Forward for FancyMLP {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let mut norms = self.norms.lock().unwrap();
        norms.clear();
        let x = x.apply(&self.dense)?;
        let x = x.matmul(&self.rand_weight.data()?)?.add(1.0)?.relu()?;
        let mut x = x.apply(&self.dense)?;
        while x.norm()?.item()? > 1.0 {
            norms.push(x.norm()?.item()?);
            x = x.div(2.0)?;
        }
        if x.norm()?.item()? < 0.8 {
            norms.push(x.norm()?.item()?);
            x = x.mul(10.0)?;
        }
        x.sum()
    }
}

#[test]
fn a_net_with_a_constant_a_reused_layer_and_control_flow() {
    let golden = golden::open("fancymlp.json");
    let mut net = FancyMLP::new();
    net.load_parameters(golden::path("fancymlp.params")).unwrap();
    let mut x = tensor(&golden["X"]);
    x.attach_grad();
    let y = record(|| net.forward(&x)).unwrap();
    assert_close("Y", &y.reshape([1]).unwrap(), &golden["Y"], SUMMED);
    let expected: Vec<f64> = serde_json::from_value(golden["norms_seen"].clone()).unwrap();
    let norms = net.norms.lock().unwrap().clone();
    assert_eq!(norms.len(), expected.len());
    for (found, expected) in norms.iter().zip(expected) {
        assert!((found - expected).abs() < 2e-6 * expected, "{found} {expected}");
    }

    y.backward().unwrap();
    assert_close("gradient of X", &x.grad().unwrap(), &golden["x_grad"], SUMMED);
    let parameters = net.collect_params();
    assert_each("gradient", &parameters, Parameter::grad, &golden["grads"], SUMMED);
    let constant = net.rand_weight.data().unwrap();
    Trainer::new(net.collect_params(), Sgd::new(0.1)).unwrap().step(1).unwrap();
    assert_each("value", &parameters, Parameter::data, &golden["after_sgd_lr0.1"], SUMMED);
    assert_eq!(net.rand_weight.data().unwrap(), constant);
    assert_eq!(net.rand_weight.grad_req().to_string(), text(&golden["constant"]["grad_req"]));
    assert_eq!(net.tree(), text(&golden["repr"]));
    let paths: Vec<&str> = parameters.iter().map(|entry| entry.path()).collect();
    assert_eq!(paths, texts(&golden["structural_names"]));
}

/// Blocks in blocks.
#[derive(Block)]
#[block(sequential)]
#[allow(clippy::upper_case_acronyms)]
struct NestMLP {
    #[new(sequential![Dense::new(8).relu(), Dense::new(6).relu()])]
    net: Sequential,
    #[new(Dense::new(4).relu())]
    dense: Dense,
}

#[derive(Block)]
struct Tail {
    #[new(Dense::new(5).tanh())]
    dense: Dense,
}

impl Forward for Tail {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.apply(&self.dense)
    }
}

fn nested() -> Sequential {
    sequential![NestMLP::new(), Dense::new(20), Tail::new()]
}

#[test]
fn blocks_in_blocks() {
    let golden = golden::open("nestmlp.json");
    let mut net = nested();
    net.load_parameters(golden::path("nestmlp.params")).unwrap();
    assert_differentiates(&net, &golden, &golden["grads"], DEEP);
    assert_eq!(net.tree(), text(&golden["repr"]));
    let parameters = net.collect_params();
    let paths: Vec<&str> = parameters.iter().map(|entry| entry.path()).collect();
    assert_eq!(paths, texts(&golden["structural_names"]));
}

#[test]
fn a_function_visits_children_before_their_parents() {
    let golden = golden::open("nestmlp.json");
    let mut hints = Vec::new();
    nested().apply(|block| hints.push(block.hint().to_owned()));
    // There, activations are blocks of their own, and numbers count in the whole process.
    let names = texts(&golden["apply_order"]).into_iter().filter(|name| !name.contains('_'));
    let expected: Vec<&str> = names.map(|name| name.trim_end_matches(char::is_numeric)).collect();
    assert_eq!(hints, expected);
}

/// A layer without parameters.
#[derive(Block)]
struct CenteredLayer;

impl Forward for CenteredLayer {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.sub(&x.mean()?)
    }
}

#[test]
fn a_layer_without_parameters() {
    let golden = golden::open("custom_layers.json");
    let golden = &golden["centered"];
    let mut x = tensor(&golden["x"]);
    x.attach_grad();
    let y = record(|| x.apply(&CenteredLayer)).unwrap();
    assert_close("y", &y, &golden["y"], SUMMED);
    y.backward_with(&tensor(&golden["head_grad"]), false).unwrap();
    assert_close("gradient of x", &x.grad().unwrap(), &golden["x_grad"], SUMMED);

    let mut net = sequential![Dense::new(128), CenteredLayer];
    net.initialize_with(Uniform(1.0)).unwrap();
    let mean = net.forward(&Tensor::arange(32).reshape([4, 8]).unwrap()).unwrap().mean().unwrap();
    // Sums of 512 numbers of size 30 in single precision.
    assert!(mean.item().unwrap().abs() < 30.0 * 6e-8 * 512f64.sqrt(), "{mean}");
}

/// A layer with parameters of its own.
#[derive(Block)]
struct MyDense {
    units: usize,
    in_units: usize,
    #[new(Parameter::new([in_units, units]))]
    weight: Parameter,
    #[new(Parameter::new(units))]
    bias: Parameter,
}

impl Forward for MyDense {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.matmul(&self.weight.data()?)?.add(&self.bias.data()?)?.relu()
    }
}

#[test]
fn a_layer_with_parameters_of_its_own() {
    let golden = golden::open("custom_layers.json");
    let case = &golden["mydense"];
    let mut layer = MyDense::new(3, 5);
    layer.load_parameters(golden::path("mydense.params")).unwrap();
    assert_differentiates(&layer, case, &case["grads"], DEEP);
    assert_eq!(layer.tree(), text(&case["repr"]));
    let printed = text(&case["params_repr"]).replace("<class 'numpy.float32'>", "float32");
    assert_eq!(layer.collect_params().to_string(), printed);

    let case = &golden["mydense_net"];
    let mut net = sequential![MyDense::new(8, 64), MyDense::new(1, 8)];
    net.load_parameters(golden::path("mydense_net.params")).unwrap();
    assert_differentiates(&net, case, &case["grads"], DEEP);
    // Empty parentheses stand on a line of their own, without spaces.
    let trimmed = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    assert_eq!(trimmed(&net.tree()), trimmed(text(&case["repr"])));
}
