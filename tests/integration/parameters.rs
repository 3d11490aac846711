//! Parameters: access, sharing and what goes wrong with them, as in MXNet's `param_access.json` and
//! `errors.json`.

use gluon::autograd::{GradReq, record};
use gluon::init::{Constant, Initialization};
use gluon::nn::{Dense, Sequential};
use gluon::optim::Sgd;
use gluon::prelude::*;
use gluon::train::Trainer;

use crate::golden::{self, texts};

#[derive(Block)]
pub(crate) struct Mlp {
    #[new(Dense::new(4).relu())]
    pub(crate) hidden: Dense,
    #[new(Dense::new(3))]
    pub(crate) output: Dense,
}

impl Forward for Mlp {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.apply(&self.hidden)?.apply(&self.output)
    }
}

pub(crate) fn mlp() -> Mlp {
    let mut net = Mlp::new();
    net.initialize().unwrap();
    net
}

pub(crate) fn x() -> Tensor {
    Tensor::arange(10).div(10.0).unwrap().reshape([2, 5]).unwrap()
}

/// The net of the section on access: 20 → 256 → 10.
pub(crate) fn net() -> Sequential {
    let mut net = sequential![Dense::new(256).relu(), Dense::new(10)];
    net.initialize().unwrap();
    net.forward(&Tensor::ones([2, 20])).unwrap();
    net
}

pub(crate) fn dense(net: &Sequential, index: i32) -> &Dense {
    net.get::<Dense>(index).unwrap()
}

pub(crate) fn message<T>(result: Result<T>) -> String {
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
    // The input that was refused has told no size.
    assert_eq!(net.hidden.weight.shape(), [4, 0]);
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
            "parameter `hidden.weight` has shape (4, 0) with unknown sizes, written 0; \
             the first `forward` tells those of its input, state all others"
        );
    }
    // A size of 0 that no input tells is not known after it either.
    let mut none = Dense::new(0);
    none.initialize().unwrap();
    let error = message(none.forward(&x()));
    let expected = "parameter `weight` has shape (0, 5) with unknown sizes, written 0; ";
    assert!(error.starts_with(expected) && error.ends_with("state all others"), "{error}");
    assert_eq!(net.hidden.weight.shape(), [4, 0]);
    net.forward(&x()).unwrap();
    assert_eq!(net.hidden.weight.shape(), [4, 5]);
    let wide = message(net.forward(&Tensor::ones([2, 6])));
    assert!(wide.ends_with("found one for (4, 6)"), "{wide}");
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
    assert_eq!(error, "parameter `<unnamed, of shape (2, 4)>` expected shape (2, 4), found (2, 5)");
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
fn a_cast_after_recording_leaves_the_step_its_gradient() {
    let mut net = Dense::new(1).in_units(2).no_bias();
    net.initialize_with(Constant(1.0)).unwrap();
    let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.5)).unwrap();
    let y = record(|| net.forward(&Tensor::from([[1.0f32, 2.0]]))).unwrap();
    net.cast(DType::F64);
    y.backward().unwrap();
    assert_eq!(net.weight.grad().unwrap(), Tensor::from([[1.0f64, 2.0]]));
    trainer.step(1).unwrap();
    assert_eq!(net.weight.data().unwrap(), Tensor::from([[0.5f64, 0.0]]));
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
    let by_field = a.collect_params().select("hidden").unwrap();
    assert_eq!(by_field.paths().collect::<Vec<_>>(), ["hidden.weight", "hidden.bias"]);
    assert_eq!(params.select("none").unwrap().to_string(), "dense0_ (\n\n)");
}

/// All of its scoped names begin with the hint, which is the name of a field too.
#[test]
fn a_pattern_that_no_scoped_name_can_differ_in_goes_by_fields() {
    #[derive(Block)]
    struct Decoder {
        #[new(Dense::new(2).in_units(2))]
        body: Dense,
        #[new(Dense::new(2).in_units(2))]
        decoder: Dense,
    }
    let params = Decoder::new().collect_params();
    let paths = |pattern: &str| {
        params.select(pattern).unwrap().paths().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(paths("decoder"), ["decoder.weight", "decoder.bias"]);
    assert_eq!(paths("decoder0_dense0"), ["body.weight", "body.bias"]);
    // As in Gluon: every name matches.
    assert_eq!(paths("decoder0_").len(), 4);
    assert_eq!(paths("dec").len(), 2);
    assert_eq!(paths("decoder0").len(), 4);
}

#[test]
#[should_panic(
    expected = "no parameter `foo`; there are `hidden.weight` or `mlp0_dense0_weight`, `hidden.bias` or `mlp0_dense0_bias`, "
)]
fn a_missing_key_panics() {
    let _ = &mlp().collect_params()["foo"];
}

#[test]
#[should_panic(expected = "no parameter `foo`; there are none")]
fn a_key_panics_without_parameters() {
    let _ = &sequential![].collect_params()["foo"];
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
        assert_eq!(
            error,
            format!("`weight` cannot share the parameters of `weight`: they {reason}")
        );
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
fn gradients_are_set_to_zero_for_a_whole_model() {
    let net = mlp();
    net.set_grad_req(GradReq::Add);
    for _ in 0..2 {
        net.zero_grad();
        record(|| net.forward(&x())).unwrap().backward().unwrap();
    }
    let twice = net.hidden.weight.grad().unwrap();
    net.zero_grad();
    let zero = net.hidden.weight.grad().unwrap();
    assert_eq!(zero, twice.zeros_like());
    record(|| net.forward(&x())).unwrap().backward().unwrap();
    assert_eq!(net.hidden.weight.grad().unwrap(), twice);
    assert_ne!(twice, zero);
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
