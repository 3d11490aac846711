//! Initialization: who fills which parameter, when, and again, as in MXNet's `param_access.json` and
//! `errors.json`.

use std::sync::{Arc, Mutex};

use gluon::autograd::record;
use gluon::init::{self, Constant, Initialization, Initializer, Normal, One, Target, Xavier};
use gluon::nn::Dense;
use gluon::prelude::*;

use crate::golden;
use crate::parameters::{dense, message, mlp, net, x};

#[test]
fn a_parameter_is_initialized_again_by_what_it_is_told() {
    let golden = golden::open("param_access.json");
    let mut net = net();
    let all = |tensor: &Tensor| tensor.to_vec::<f32>().unwrap();

    net.initialize_again(Normal(0.01)).unwrap();
    let values = all(&dense(&net, 0).weight.data().unwrap());
    let std = (values.iter().map(|v| v * v).sum::<f32>() / values.len() as f32).sqrt();
    let expected = golden["normal001_std"].as_f64().unwrap() as f32;
    // Five standard errors of each of two estimates from 5120 numbers.
    assert!((std - expected).abs() < 5.0 * 2f32.sqrt() * 0.01 / (2.0 * 5120f32).sqrt(), "{std}");

    // The bias has an initializer of its own, which beats that of the model ..
    net.initialize_again(Constant(1.0)).unwrap();
    assert!(all(&dense(&net, 0).weight.data().unwrap()).iter().all(|&v| v == 1.0));
    let bias = dense(&net, 0).bias.as_ref().unwrap();
    assert!(all(&bias.data().unwrap()).iter().all(|&v| v == 0.0));

    // .. and is beaten by what the parameter itself is told.
    let weight = &dense(&net, 0).weight;
    weight.initialize_with(Initialization::from(Xavier::default()).force()).unwrap();
    let largest = all(&weight.data().unwrap()).iter().fold(0f32, |a, b| a.max(b.abs()));
    let bound = golden["xavier_bound"].as_f64().unwrap() as f32;
    assert!(largest <= bound && largest > 0.999 * bound, "{largest}");
    bias.initialize_with(Initialization::from(One).force()).unwrap();
    assert!(all(&bias.data().unwrap()).iter().all(|&v| v == 1.0));
    bias.initialize_with(Constant(5.0)).unwrap();
    assert!(all(&bias.data().unwrap()).iter().all(|&v| v == 1.0), "only `force` draws again");
}

/// Notes whom it fills, as `MyInit` in the chapter prints it.
#[derive(Clone, Debug, Default)]
struct MyInit(Arc<Mutex<Vec<String>>>);

impl Initializer for MyInit {
    fn fill(&self, target: &mut Target<'_>) -> Result<()> {
        self.0.lock().unwrap().push(format!("{} {}", target.name, target.shape));
        for value in &mut *target.values {
            let number = target.generator.range(-10.0, 10.0);
            *value = if number.abs() >= 5.0 { number } else { 0.0 };
        }
        Ok(())
    }
}

/// As in MXNet: the calls of `param_access.json`.
#[test]
fn a_custom_initializer_is_called_when_values_are_made() {
    let golden = golden::open("param_access.json");
    let calls = |key: &str| -> Vec<String> {
        let name = |name: &str| match name.ends_with(['0', '2', '4']) {
            true => "0.weight",
            false => "1.weight",
        };
        let calls = golden[key].as_array().unwrap().iter();
        let call = |call: &serde_json::Value| {
            let full = golden::text(&call[0]).trim_end_matches("_weight");
            format!("{} ({}, {})", name(full), call[1][0], call[1][1])
        };
        calls.map(call).collect()
    };
    let init = MyInit::default();
    let seen = || init.0.lock().unwrap().clone();
    let x = Tensor::ones([2, 20]);
    let mut net = sequential![Dense::new(256).relu(), Dense::new(10)];
    net.initialize_with(init.clone()).unwrap();
    assert_eq!(seen(), calls("deferred_calls_after_initialize"));
    net.forward(&x).unwrap();
    assert_eq!(seen(), calls("deferred_calls_after_first_forward"));
    net.forward(&x).unwrap();
    assert_eq!(seen(), calls("deferred_calls_after_second_forward"));
    init.0.lock().unwrap().clear();
    net.initialize_again(init.clone()).unwrap();
    assert_eq!(seen(), calls("calls_on_force_reinit_known_shapes"));

    init.0.lock().unwrap().clear();
    let mut net = sequential![Dense::new(256).in_units(20), Dense::new(10).in_units(256)];
    net.initialize_with(init.clone()).unwrap();
    assert_eq!(seen(), calls("calls_with_in_units_given"));
    let data = dense(&net, 0).weight.data().unwrap().to_vec::<f32>().unwrap();
    assert!(data.iter().all(|v| *v == 0.0 || (5.0..10.0).contains(&v.abs())));
    let zeros = data.iter().filter(|v| **v == 0.0).count() as f64 / data.len() as f64;
    assert!((zeros - 0.5).abs() < 5.0 * 0.5 / (data.len() as f64).sqrt(), "{zeros}");
}

#[test]
fn initializing_again_keeps_values_unless_it_is_forced() {
    let mut net = mlp();
    net.forward(&x()).unwrap();
    let before = net.hidden.weight.data().unwrap();
    net.initialize_with(Initialization::default().seed(1)).unwrap();
    assert_eq!(net.hidden.weight.data().unwrap(), before);
    net.initialize_again(Initialization::default().seed(1)).unwrap();
    assert_ne!(net.hidden.weight.data().unwrap(), before);
}

#[test]
fn a_failed_initialize_leaves_every_value() {
    let mut net = mlp();
    net.forward(&x()).unwrap();
    net.output.bias = net.output.bias.map(|_| Parameter::new(3).with_init(Xavier::default()));
    let before = net.hidden.weight.data().unwrap();
    record(|| x().apply(&net.hidden)).unwrap().backward().unwrap();
    let gradient = net.hidden.weight.grad().unwrap();
    assert_ne!(gradient, Tensor::zeros([4, 5]));
    let on = Initialization::from(One).on(Device::Cpu(1));
    let error = message(net.initialize_again(on));
    assert!(error.starts_with("parameter `output.bias` of shape (3,) cannot be init"), "{error}");
    assert!(error.ends_with("which expects at least two axes"), "{error}");
    assert_eq!(net.hidden.weight.data().unwrap(), before);
    assert_eq!(net.hidden.weight.device(), Device::Cpu(0));
    assert_eq!(net.hidden.weight.data().unwrap().device(), Device::Cpu(0));
    assert_eq!(net.hidden.weight.grad().unwrap(), gradient);
}

#[test]
fn the_initializer_of_a_layer_beats_that_of_the_model() {
    let mut layer = Dense::new(2).in_units(3).weight_init(Constant(3.0));
    layer.initialize_with(One).unwrap();
    assert_eq!(layer.weight.data().unwrap(), Tensor::full([2, 3], 3.0, DType::F32));
    // A parameter without one is filled by the model's, whatever its name.
    #[derive(Block)]
    struct Free {
        #[new(Parameter::new(2000))]
        bias: Parameter,
    }
    let mut free = Free::new();
    free.initialize().unwrap();
    let largest = free.bias.data().unwrap().abs().unwrap().max().unwrap().item().unwrap();
    assert!(largest <= 0.07 && largest > 0.06, "{largest}");
    let error = message(init::named("foo"));
    assert!(error.starts_with("`init::named` expected `text` to be `zeros`"), "{error}");
}
