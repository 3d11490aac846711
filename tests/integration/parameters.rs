//! Parameters: access, initialization, sharing and what goes wrong with them, as in MXNet's
//! `param_access.json` and `errors.json`.

use std::sync::{Arc, Mutex};

use gluon::autograd::{GradReq, record};
use gluon::init::{self, Constant, Initialization, Initializer, Normal, One, Target, Xavier};
use gluon::nn::{Dense, Sequential};
use gluon::optim::Sgd;
use gluon::prelude::*;
use gluon::train::Trainer;

use crate::golden::{self, texts};

#[derive(Block)]
struct Mlp {
    #[new(Dense::new(4).relu())]
    hidden: Dense,
    #[new(Dense::new(3))]
    output: Dense,
}

impl Forward for Mlp {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.apply(&self.hidden)?.apply(&self.output)
    }
}

fn mlp() -> Mlp {
    let mut net = Mlp::new();
    net.initialize().unwrap();
    net
}

fn x() -> Tensor {
    Tensor::arange(10).div(10.0).unwrap().reshape([2, 5]).unwrap()
}

/// The net of the section on access: 20 → 256 → 10.
fn net() -> Sequential {
    let mut net = sequential![Dense::new(256).relu(), Dense::new(10)];
    net.initialize().unwrap();
    net.forward(&Tensor::ones([2, 20])).unwrap();
    net
}

fn dense(net: &Sequential, index: i32) -> &Dense {
    net.get::<Dense>(index).unwrap()
}

fn message<T>(result: Result<T>) -> String {
    result.map(drop).unwrap_err().to_string()
}

#[test]
fn a_parameter_is_found_by_field_index_names_and_pattern() {
    let golden = golden::open("param_access.json");
    let net = net();
    let params = net.collect_params();
    let weight = &dense(&net, 0).weight;
    for found in [&params[0], &params["0.weight"], &params["sequential0_dense0_weight"]] {
        assert!(found.is_same(weight));
    }
    assert!(params.get("2.weight").is_none());
    assert_eq!(net[0].collect_params().to_string(), golden::text(&golden["net0_params_repr"]));
    // There, layers outside of a scope are called by themselves.
    let printed = params.to_string().replace("sequential0_dense", "dense");
    assert_eq!(printed, golden::text(&golden["collect_params_repr"]));
    let weights = net.collect_params_with("").select(".*weight").unwrap();
    let expected = texts(&golden["collect_weight_regex_keys"]);
    assert_eq!(weights.names().collect::<Vec<_>>(), expected);
    assert_eq!(
        params.select_path(".*bias").unwrap().paths().collect::<Vec<_>>(),
        ["0.bias", "1.bias"]
    );
    assert_eq!(weight.grad().unwrap(), Tensor::zeros([256, 20]));
    assert_eq!(dense(&net, -1).bias.as_ref().unwrap().data().unwrap(), Tensor::zeros([10]));
}

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
fn values_are_set_and_keep_the_shape_and_type() {
    let net = net();
    let weight = &dense(&net, 0).weight;
    let before = weight.data().unwrap();
    weight.set_data(&before.add(1.0).unwrap().to_dtype(DType::F64)).unwrap();
    assert_eq!(weight.data().unwrap(), before.add(1.0).unwrap());
    let error = message(weight.set_data(&Tensor::ones([20, 256])));
    assert_eq!(error, "parameter `0.weight` expected shape (256, 20), found (20, 256)");
    let constant = Parameter::constant(Tensor::from([[1.0f32, 2.0]]));
    constant.set_data(&Tensor::zeros([1, 2])).unwrap();
    assert_eq!(constant.data().unwrap(), Tensor::zeros([1, 2]));
}

#[test]
fn reading_before_initialize_says_what_to_call() {
    let folder = tempfile::tempdir().unwrap();
    let net = Mlp::new();
    let errors = [
        message(net.forward(&x())),
        message(net.hidden.weight.data()),
        message(net.hidden.weight.grad()),
        message(net.save_parameters(folder.path().join("a.params"))),
        message(Trainer::new(net.collect_params(), Sgd::new(0.1))),
        message(net.summary(&x())),
    ];
    for error in errors {
        assert_eq!(
            error,
            "parameter `hidden.weight` is not initialized; \
             call `initialize` or `load_parameters` on its model first"
        );
    }
    net.hidden.weight.zero_grad();
    // Where MXNet needs an initialized parameter, a target or a shape is enough here.
    net.hidden.weight.to_device(Device::Cpu(1));
    assert_eq!(net.hidden.weight.device(), Device::Cpu(1));
    net.hidden.weight.set_data(&Tensor::ones([4, 5])).unwrap();
    assert_eq!(net.hidden.weight.data().unwrap().device(), Device::Cpu(1));
}

#[test]
fn reading_while_deferred_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let net = mlp();
    assert_eq!(net.hidden.bias.as_ref().unwrap().data().unwrap().shape(), [4]);
    assert_eq!(net.hidden.weight.device(), Device::Cpu(0));
    let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.1)).unwrap();
    let errors = [
        message(net.hidden.weight.data()),
        message(net.hidden.weight.grad()),
        message(net.save_parameters(folder.path().join("a.params"))),
        message(trainer.step(1)),
    ];
    for error in errors {
        assert_eq!(
            error,
            "parameter `hidden.weight` has shape (4, 0) with unknown sizes; \
             run `forward` once, or state them"
        );
    }
    assert_eq!(net.hidden.weight.shape(), [4, 0]);
    net.forward(&x()).unwrap();
    assert_eq!(net.hidden.weight.shape(), [4, 5]);
    let wide = message(net.forward(&Tensor::ones([2, 6])));
    assert!(wide.ends_with("`hidden.weight` expected shape (4, 5), found (4, 6)"), "{wide}");
}

/// A layer of one's own may leave sizes open: it tells them by `data_with_shape`.
#[test]
fn a_shape_is_completed_by_whoever_knows_it() {
    #[derive(Block)]
    struct D {
        #[new(Parameter::new([0, 3]))]
        weight: Parameter,
        complete: bool,
    }
    impl Forward for D {
        fn forward(&self, x: &Tensor) -> Result<Tensor> {
            x.matmul(&match self.complete {
                true => self.weight.data_with_shape([x.shape()[1], 3])?,
                false => self.weight.data()?,
            })
        }
    }
    let mut d = D::new(false);
    d.initialize().unwrap();
    let error = message(d.forward(&Tensor::ones([2, 5])));
    assert!(error.starts_with("parameter `weight` has shape (0, 3) with unknown sizes"), "{error}");
    d.complete = true;
    assert_eq!(d.forward(&Tensor::ones([2, 5])).unwrap().shape(), [2, 3]);

    let weight = Parameter::new([2, 0]);
    weight.set_shape([2, 4]).unwrap();
    assert_eq!(weight.shape(), [2, 4]);
    let error = message(weight.set_shape([2, 5]));
    assert_eq!(error, "parameter `of shape (2, 4)` expected shape (2, 4), found (2, 5)");
    // Saying less than is known is no contradiction here.
    weight.set_shape([2, 0]).unwrap();
    assert_eq!(weight.shape(), [2, 4]);
    assert_eq!(Parameter::new(10).shape(), [10]);
    // While deferred, values that are set are the values; MXNet keeps them waiting.
    let weight = Parameter::new([2, 0]);
    weight.initialize(&Initialization::default()).unwrap();
    weight.set_data(&Tensor::ones([2, 3])).unwrap();
    assert_eq!(weight.data().unwrap(), Tensor::ones([2, 3]));
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
    let on = Initialization::from(One).on(Device::Cpu(1));
    let error = message(net.initialize_again(on));
    assert!(error.starts_with("parameter `output.bias` of shape (3,) cannot be init"), "{error}");
    assert!(error.ends_with("which expects at least two axes"), "{error}");
    assert_eq!(net.hidden.weight.data().unwrap(), before);
    assert_eq!(net.hidden.weight.device(), Device::Cpu(0));
    assert_eq!(net.hidden.weight.data().unwrap().device(), Device::Cpu(0));
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
    assert!(error.starts_with("`init::named` expected `text` to be the name"), "{error}");
}

#[test]
fn gradients_are_kept_as_grad_req_says() {
    let net = mlp();
    let step = || record(|| net.forward(&x())).unwrap().backward().unwrap();
    step();
    let once = net.output.weight.grad().unwrap();
    let params = net.collect_params();
    params.select_path("hidden").unwrap().set_grad_req(GradReq::Null);
    assert_eq!(
        message(net.hidden.weight.grad()),
        "parameter `hidden.weight` keeps no gradient: its `grad_req` is null"
    );
    net.output.weight.set_grad_req(GradReq::Add);
    assert_eq!(net.output.weight.grad().unwrap(), Tensor::zeros([3, 4]));
    step();
    step();
    assert_eq!(net.output.weight.grad().unwrap(), once.mul(2.0).unwrap());
    params.set_grad_req(GradReq::Write);
    assert_eq!(net.hidden.weight.grad().unwrap(), Tensor::zeros([4, 5]));
    let null = Parameter::new(2).with_grad_req(GradReq::Null);
    assert_eq!(null.grad_req(), GradReq::Null);
}

#[test]
fn factors_and_types_are_set_for_a_selection() {
    let net = mlp();
    net.forward(&x()).unwrap();
    let params = net.collect_params();
    let biases = params.select_path(".*bias").unwrap();
    biases.set_wd_mult(0.0);
    biases.set_lr_mult(2.0);
    let factors: Vec<_> = params.iter().map(|p| (p.lr_mult(), p.wd_mult())).collect();
    assert_eq!(factors, [(1.0, 1.0), (2.0, 0.0), (1.0, 1.0), (2.0, 0.0)]);
    let declared = Parameter::new(2).with_lr_mult(0.5).with_wd_mult(0.0);
    assert_eq!((declared.lr_mult(), declared.wd_mult()), (0.5, 0.0));
    biases.cast(DType::F64);
    biases.to_device(Device::Cpu(2));
    assert_eq!(net.output.bias.as_ref().unwrap().data().unwrap().dtype(), DType::F64);
    assert_eq!(net.output.bias.as_ref().unwrap().data().unwrap().device(), Device::Cpu(2));
    assert_eq!(net.output.weight.dtype(), DType::F32);
}

#[test]
fn dictionaries_are_merged_unless_names_meet() {
    let (a, b) = (mlp(), mlp());
    let mut params = a.hidden.collect_params();
    params.update(&a.hidden.collect_params()).unwrap();
    assert_eq!(params.len(), 2);
    let error = message(params.update(&b.hidden.collect_params()));
    assert!(error.contains("are both called `"), "{error}");
    assert_eq!(params.len(), 2);
    let other = b.collect_params_with("mlp1_").select_path("output").unwrap();
    params.update(&other).unwrap();
    assert_eq!(
        params.paths().collect::<Vec<_>>(),
        ["weight", "bias", "output.weight", "output.bias"]
    );
    assert_eq!(params.select("none").unwrap().to_string(), "dense0_ (\n\n)");
}

#[test]
#[should_panic(expected = "no parameter `foo`")]
fn a_missing_key_panics() {
    let _ = &mlp().collect_params()["foo"];
}

#[test]
fn parameters_are_shared_at_run_time() {
    let first = Dense::new(8).in_units(4);
    let mut second = Dense::new(8);
    second.share_parameters(&first.collect_params()).unwrap();
    assert!(second.weight.is_same(&first.weight));
    let first = Dense::new(8);
    let mut second = Dense::new(8).in_units(5);
    second.share_parameters(&first.collect_params()).unwrap();
    assert_eq!(first.weight.shape(), [8, 5], "both know the size");

    // What the source does not have stays the layer's own.
    let bare = Dense::new(8).no_bias().in_units(4);
    let mut layer = Dense::new(8).in_units(4);
    layer.share_parameters(&bare.collect_params()).unwrap();
    assert!(layer.weight.is_same(&bare.weight) && layer.bias.is_some());

    // Nothing is shared when anything does not fit.
    let cases: [(Dense, &str); 3] = [
        (Dense::new(9), "have shapes (8, 4) and (9, 0)"),
        (Dense::new(8).in_units(5), "have shapes (8, 4) and (8, 5)"),
        (Dense::new(8).dtype(DType::F64), "are of type float32 and float64"),
    ];
    for (source, reason) in cases {
        let mut layer = Dense::new(8).in_units(4);
        let error = message(layer.share_parameters(&source.collect_params()));
        assert!(error.ends_with(reason), "{error}");
        assert!(!layer.bias.unwrap().is_same(source.bias.as_ref().unwrap()));
    }

    // Whole models share by structural name, and train as one.
    let a = mlp();
    let mut b = Mlp::new();
    b.share_parameters(&a.collect_params()).unwrap();
    assert_eq!(a.forward(&x()).unwrap(), b.forward(&x()).unwrap());
    record(|| a.forward(&x())).unwrap().backward().unwrap();
    Trainer::new(b.collect_params(), Sgd::new(0.1)).unwrap().step(2).unwrap();
    assert_eq!(a.forward(&x()).unwrap(), b.forward(&x()).unwrap());
}

#[test]
fn a_step_wants_a_gradient_since_the_last() {
    let net = mlp();
    net.forward(&x()).unwrap();
    let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.1)).unwrap();
    let before = net.hidden.weight.data().unwrap();
    let error = message(trainer.step(1));
    assert!(
        error.starts_with("parameter `hidden.weight` has had no gradient from `backward`"),
        "{error}"
    );

    // Only a part of the net was used: nothing changes, unless the others are to be passed over.
    record(|| x().apply(&net.hidden)).unwrap().backward().unwrap();
    let error = message(trainer.step(1));
    assert!(error.starts_with("parameter `output.weight` has had no gradient"), "{error}");
    assert_eq!(net.hidden.weight.data().unwrap(), before);
    let output = net.output.weight.data().unwrap();
    trainer.step_ignoring_stale(1).unwrap();
    assert_ne!(net.hidden.weight.data().unwrap(), before);
    assert_eq!(net.output.weight.data().unwrap(), output);
}
