//! Optimizers: values after each step, as in MXNet.

use gluon::autograd::{GradReq, record};
use gluon::init::Initialization;
use gluon::nn::{BatchNorm, Dense, Sequential};
use gluon::optim::schedule::{Factor, Plateau, Schedule};
use gluon::optim::{
    AdaDelta, AdaGrad, Adam, AdamW, Adamax, Ftrl, Lamb, Nadam, Nag, Optimizer, RmsProp, Sgd, Signum,
};
use gluon::parameter::Entry;
use gluon::prelude::*;
use gluon::train::{Status, Trainer};
use gluon::{Error, ParameterDict};
use serde_json::Value;

use crate::golden::{self, ROUNDED, Tolerance, assert_close, tensor, text};

/// MXNet computes with settings in `float32` where some are here in `float64` before they are
/// rounded: its `1 - β₂` of 0.999 loses digits, so that `√(1 - β₂)` is 2.3e-5 too large, and so is
/// a step, relatively.
const MEANS: Tolerance = Tolerance { relative: 1e-5, absolute: 2e-6 };

fn tolerance(name: &str) -> Tolerance {
    if ["sgd", "nag", "adagrad", "ftrl", "signum"].contains(&name) { ROUNDED } else { MEANS }
}

/// The trainer that Gluon makes of an optimizer's name and arguments.
pub(crate) fn trainer(parameters: ParameterDict, name: &str, kwargs: &Value) -> Result<Trainer> {
    let used = std::cell::RefCell::new(Vec::new());
    let number = |key: &'static str, default: f64| {
        used.borrow_mut().push(key);
        kwargs.get(key).map_or(default, |value| value.as_f64().unwrap())
    };
    let flag = |key: &'static str, default: bool| {
        used.borrow_mut().push(key);
        kwargs.get(key).map_or(default, |value| value.as_bool().unwrap())
    };
    let betas = || (number("beta1", 0.9), number("beta2", 0.999));
    /// An optimizer with the settings that all have, whose learning rate has a default of its own.
    macro_rules! common {
        ($optimizer:expr) => {{
            let mut optimizer = $optimizer
                .weight_decay(number("wd", 0.0))
                .clip_gradient(number("clip_gradient", f64::INFINITY));
            let rate = number("learning_rate", optimizer.learning_rate());
            optimizer.set_learning_rate(rate);
            Trainer::new(parameters, optimizer)
        }};
    }
    let momentum = |default| number("momentum", default);
    let trainer = match name {
        "sgd" => common!(Sgd::default().momentum(momentum(0.0))),
        "nag" => common!(Nag::default().momentum(momentum(0.0))),
        "adam" => common!(Adam::default().betas(betas().0, betas().1)),
        "adamw" => {
            assert!(flag("correct_bias", true));
            common!(AdamW::default().epsilon(number("epsilon", 1e-6)))
        }
        "adamax" => common!(Adamax::default().betas(betas().0, betas().1)),
        "nadam" => common!(Nadam::default().betas(betas().0, betas().1)),
        "rmsprop" => common!(RmsProp::default().centered(flag("centered", false))),
        "adagrad" => common!(AdaGrad::default()),
        "adadelta" => common!(AdaDelta::default().rho(number("rho", 0.9))),
        "ftrl" => common!(Ftrl::default()),
        "signum" => {
            common!(Signum::default().momentum(momentum(0.9)).decay_lh(number("wd_lh", 0.0)))
        }
        _ => panic!("no optimizer {name}"),
    };
    let unknown = kwargs.as_object().unwrap().keys().find(|key| !used.borrow().contains(&&***key));
    assert_eq!(unknown, None, "an argument of {name} that this test does not pass on");
    trainer
}

/// A model of one parameter.
#[derive(Block)]
struct Weight {
    #[new(Parameter::new([3, 4]))]
    weight: Parameter,
}

impl Weight {
    /// One with the values that the runs begin with.
    fn golden(golden: &Value) -> Weight {
        let net = Weight::new();
        net.weight.set_data(&tensor(&golden["w0"])).unwrap();
        net
    }

    /// A step with the given gradient.
    fn step(&self, trainer: &mut Trainer, gradient: &Value, batch_size: usize) {
        let loss = record(|| self.weight.data()?.mul(tensor(gradient))?.sum()).unwrap();
        loss.backward().unwrap();
        trainer.step(batch_size).unwrap();
    }
}

#[test]
fn values_after_each_step_are_those_of_mxnet() {
    let golden = golden::open("optimizers.json");
    let mut tested = Vec::new();
    for run in golden["runs"].as_array().unwrap() {
        let net = Weight::golden(&golden);
        let name = text(&run["optimizer"]);
        let mut trainer = trainer(net.collect_params(), name, &run["kwargs"]).unwrap();
        tested.push(text(&run["id"]));
        let steps = golden["grads"].as_array().unwrap().iter();
        for (step, (gradient, expected)) in
            steps.zip(run["weights_after"].as_array().unwrap()).enumerate()
        {
            net.step(&mut trainer, gradient, 2);
            let what = format!("{} after step {step}", run["id"]);
            assert_close(&what, &net.weight.data().unwrap(), expected, tolerance(name));
        }
    }
    golden::assert_complete(&golden["runs"], &tested);
}

/// A layer of ones with a gradient of ones, stepped once.
fn stepped(sgd: Sgd, batch_size: usize, prepare: impl Fn(&Dense, &Parameter)) -> Dense {
    let net = Dense::new(1).in_units(2);
    let bias = net.bias.as_ref().unwrap();
    net.weight.set_data(&Tensor::ones([1, 2])).unwrap();
    bias.set_data(&Tensor::zeros([1])).unwrap();
    prepare(&net, bias);
    let mut trainer = Trainer::new(net.collect_params(), sgd).unwrap();
    record(|| net.forward(&Tensor::ones([1, 2]))).unwrap().backward().unwrap();
    trainer.step(batch_size).unwrap();
    net
}

#[test]
fn multipliers_scale_rate_and_decay_of_one_parameter() {
    let golden = &golden::open("optimizers.json")["multipliers"];
    let net = stepped(Sgd::new(0.1).weight_decay(1.0), 1, |net, bias| {
        bias.set_data(&Tensor::ones([1])).unwrap();
        net.weight.set_lr_mult(0.5);
        bias.set_wd_mult(0.0);
    });
    let (weight, bias) = (net.weight.data().unwrap(), net.bias.unwrap().data().unwrap());
    assert_close("weight", &weight, &golden["weight_lr_mult0.5_wd1"], ROUNDED);
    assert_close("bias", &bias, &golden["bias_wd_mult0_wd1"], ROUNDED);
}

/// Gluon's `rescale_grad` of 2 in a batch of 4 is a batch of 2 here: the gradient is divided by
/// the batch size, the weight decay is not.
#[test]
fn the_batch_size_divides_the_gradient_alone() {
    let golden = &golden::open("optimizers.json")["multipliers"]["rescale_grad2_batch4_wd0.5"];
    let net = stepped(Sgd::new(0.1).weight_decay(0.5), 2, |_, _| {});
    let (weight, bias) = (net.weight.data().unwrap(), net.bias.unwrap().data().unwrap());
    assert_close("weight", &weight, &golden["weight"], ROUNDED);
    assert_close("bias", &bias, &golden["bias"], ROUNDED);
}

#[test]
fn a_trainer_of_nothing_is_an_error() {
    let net = Weight::golden(&golden::open("optimizers.json"));
    let nothing = net.collect_params().select("hiden").unwrap();
    let error = Trainer::new(nothing, Sgd::new(0.1)).unwrap_err().to_string();
    assert_eq!(error, "`Trainer::new` expected `parameters` to be at least one, found none");
}

/// Running statistics are not trained, whatever the gradients of a model are set to.
#[test]
fn a_model_may_be_frozen_and_trained_again_with_all_its_layers() {
    let mut net =
        sequential![Dense::new(3).in_units(2), BatchNorm::new().in_channels(3), Dense::new(1)];
    net.initialize().unwrap();
    let x = Tensor::arange(8).reshape([4, 2]).unwrap();
    let loss = || record(|| net.forward(&x)?.square()?.sum()).unwrap();
    net.set_grad_req(GradReq::Null);
    let mean = |net: &Sequential| net.collect_params()["1.running_mean"].data().unwrap();
    let before = mean(&net);
    assert!(!loss().requires_grad());
    assert!(matches!(loss().backward(), Err(Error::NotRecorded)));
    assert_ne!(mean(&net), before);

    net.set_grad_req(GradReq::Add);
    let frozen = |entry: &&Entry| entry.grad_req() == GradReq::Null;
    let parameters = net.collect_params();
    let frozen: Vec<&str> = parameters.iter().filter(frozen).map(Entry::path).collect();
    assert_eq!(frozen, ["1.running_mean", "1.running_var"]);
    let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.1)).unwrap();
    loss().backward().unwrap();
    let seen = mean(&net);
    trainer.step(4).unwrap();
    assert_eq!(mean(&net), seen);
}

#[test]
fn what_was_never_used_keeps_its_unknown_shape() {
    let mut experts = sequential![Dense::new(3), Dense::new(3)];
    experts.initialize().unwrap();
    let mut trainer = Trainer::new(experts.collect_params(), Sgd::new(0.1)).unwrap();
    let used = experts.get::<Dense>(0).unwrap();
    let loss = || record(|| used.forward(&Tensor::ones([1, 2]))?.sum()).unwrap();
    loss().backward().unwrap();
    assert!(matches!(trainer.step(1), Err(Error::Deferred { name, .. }) if name == "1.weight"));
    let report = trainer.step_ignoring_stale(1).unwrap();
    assert_eq!(report.of(Status::Deferred).collect::<Vec<_>>(), ["1.weight"]);
    assert_eq!((report.of(Status::Updated).count(), trainer.n_steps()), (2, 1));
}

#[test]
fn numbers_that_make_no_sense_are_errors_and_change_nothing() {
    let net = Weight::golden(&golden::open("optimizers.json"));
    let before = net.weight.data().unwrap();
    let trainer = |optimizer: Sgd| Trainer::new(net.collect_params(), optimizer).unwrap();
    for (optimizer, expected) in [
        (Sgd::new(f64::NAN), "`learning rate` to be a number from 0 on, found NaN"),
        (Sgd::new(-0.1), "`learning rate` to be a number from 0 on, found -0.1"),
        (Sgd::new(0.1).weight_decay(-1.0), "`weight decay` to be a number from 0 on, found -1"),
    ] {
        let error = Trainer::new(net.collect_params(), optimizer).unwrap_err().to_string();
        assert_eq!(error, format!("`Trainer::new` expected {expected}"));
    }
    let mut changed = trainer(Sgd::new(0.1));
    changed.set_learning_rate(f64::NAN);
    for (mut trainer, expected) in [
        (changed, "`learning rate` to be a number from 0 on, found NaN"),
        (trainer(Sgd::new(0.1)).with_max_norm(-1.0), "`max_norm` to be a number from 0 on"),
        (trainer(Sgd::new(0.1)).with_max_norm(f64::NAN), "`max_norm` to be a number from 0 on"),
    ] {
        record(|| net.weight.data()?.sum()).unwrap().backward().unwrap();
        let error = trainer.step(1).unwrap_err().to_string();
        assert!(error.starts_with(&format!("`step` expected {expected}")), "{error}");
        assert_eq!(net.weight.data().unwrap(), before);
    }
    let mut before_factors = trainer(Sgd::new(0.1));
    for (factor, set) in [
        ("lr_mult", Parameter::set_lr_mult as fn(&Parameter, f64)),
        ("wd_mult", Parameter::set_wd_mult),
    ] {
        set(&net.weight, f64::NAN);
        record(|| net.weight.data()?.sum()).unwrap().backward().unwrap();
        let new = Trainer::new(net.collect_params(), Sgd::new(0.1)).map(|_| ());
        for (op, result) in [("Trainer::new", new), ("step", before_factors.step(1))] {
            let expected = format!(
                "`{op}` expected `{factor}` to be a finite number, found NaN of parameter `weight`"
            );
            assert_eq!(result.unwrap_err().to_string(), expected);
        }
        assert_eq!(net.weight.data().unwrap(), before);
        set(&net.weight, 1.0);
    }
    // As in MXNet, no limit.
    record(|| net.weight.data()?.sum()).unwrap().backward().unwrap();
    trainer(Sgd::new(0.5).clip_gradient(-1.0)).step(1).unwrap();
    assert_eq!(net.weight.data().unwrap(), before.sub(0.5).unwrap());
}

#[derive(Debug)]
struct Greedy;

impl Optimizer for Greedy {
    fn learning_rate(&self) -> f64 {
        1.0
    }

    fn set_learning_rate(&mut self, _: f64) {}

    fn weight_decay(&self) -> f64 {
        0.0
    }

    fn state(&self) -> &'static [&'static str] {
        &["a", "b", "c", "d"]
    }

    fn update(&self, _: gluon::optim::Values<'_>, _: &gluon::optim::Step) {}
}

#[test]
fn an_optimizer_that_asks_for_too_much_state_is_refused() {
    let net = Weight::golden(&golden::open("optimizers.json"));
    let error = Trainer::new(net.collect_params(), Greedy).unwrap_err().to_string();
    let expected = "`Trainer::new` expected `the optimizer's state` to be at most 3 tensors, found 4 of `Greedy`";
    assert_eq!(error, expected);
}

/// As programs do that choose one by name.
#[test]
fn optimizers_and_schedules_may_be_boxed() {
    let golden = golden::open("optimizers.json");
    let (plain, boxed) = (Weight::golden(&golden), Weight::golden(&golden));
    let adam = Adam::new(0.1).weight_decay(0.5);
    let mut first = Trainer::new(plain.collect_params(), adam).unwrap();
    first = first.with_schedule(Plateau::new(0.5).patience(0));
    let optimizer: Box<dyn Optimizer> = Box::new(adam);
    let schedule: Box<dyn Schedule> = Box::new(Plateau::new(0.5).patience(0));
    let mut second = Trainer::new(boxed.collect_params(), optimizer).unwrap();
    second = second.with_schedule(schedule);
    for measure in [1.0, 2.0, 3.0] {
        for (net, trainer) in [(&plain, &mut first), (&boxed, &mut second)] {
            record(|| net.weight.data()?.square()?.sum()).unwrap().backward().unwrap();
            trainer.set_learning_rate(0.2);
            trainer.step(1).unwrap();
            trainer.observe(measure);
        }
        assert_eq!(plain.weight.data().unwrap(), boxed.weight.data().unwrap());
    }
    assert_eq!((first.learning_rate(), second.learning_rate()), (0.05, 0.05));
    assert_eq!(second.optimizer().name(), "Adam");
    first.set_state(&second.state()).unwrap();
}

/// Between `backward` and `step`, as noise or a projection would.
#[test]
fn a_gradient_may_be_replaced() {
    let net = Weight::golden(&golden::open("optimizers.json"));
    let before = net.weight.data().unwrap();
    let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.5)).unwrap();
    net.weight.set_grad(&Tensor::full(*before.shape(), 4.0, DType::F64)).unwrap();
    assert_eq!(net.weight.grad().unwrap(), Tensor::full(*before.shape(), 4.0, DType::F32));
    trainer.step(2).unwrap();
    assert_eq!(net.weight.data().unwrap(), before.sub(1.0).unwrap());
    assert!(matches!(trainer.step(2), Err(Error::StaleGradient { .. })));
    let error = net.weight.set_grad(&Tensor::ones([7])).unwrap_err();
    assert!(matches!(error, Error::ParameterShape { .. }), "{error}");
    net.weight.set_grad_req(GradReq::Null);
    let error = net.weight.set_grad(&before).unwrap_err();
    assert!(matches!(error, Error::ParameterGradient { .. }), "{error}");
}

/// The run of a schedule, by a rate that `next` may set before each step.
fn assert_scheduled(mut next: impl FnMut(&mut Trainer, f64), schedule: Option<Factor>) {
    let golden = golden::open("optimizers.json");
    let net = Weight::golden(&golden);
    let run = &golden["factor_scheduler_step2_factor0.5_lr0.4_batch1"];
    let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.4)).unwrap();
    if let Some(schedule) = schedule {
        trainer = trainer.with_schedule(schedule);
    }
    for (step, gradient) in golden["grads"].as_array().unwrap().iter().enumerate() {
        next(&mut trainer, run["learning_rate_after_step"][step].as_f64().unwrap());
        net.step(&mut trainer, gradient, 1);
        let expected = &run["weights_after"][step];
        assert_close(&format!("step {step}"), &net.weight.data().unwrap(), expected, ROUNDED);
    }
}

#[test]
fn a_new_learning_rate_counts_from_the_next_step() {
    assert_scheduled(|trainer, rate| trainer.set_learning_rate(rate), None);
}

#[test]
fn a_schedule_gives_the_rates_of_mxnet() {
    let same = |trainer: &mut Trainer, rate| assert_eq!(trainer.learning_rate(), rate);
    assert_scheduled(same, Some(Factor::new(2, 0.5)));
}

/// A model of one parameter of `float64`.
#[derive(Block)]
struct Exact {
    weight: Parameter,
}

impl Exact {
    fn of(value: Tensor) -> Exact {
        let weight = Parameter::new(*value.shape()).with_dtype(DType::F64);
        weight.set_data(&value).unwrap();
        Exact { weight }
    }

    fn step(&self, trainer: &mut Trainer, gradient: Tensor) {
        record(|| self.weight.data()?.mul(&gradient)?.sum()).unwrap().backward().unwrap();
        trainer.step(1).unwrap();
    }
}

/// The value of a weight of 2 numbers, stepped with the same gradient twice.
fn twice(optimizer: impl Optimizer + 'static, weight: [f64; 2], gradient: [f64; 2]) -> Vec<f64> {
    let net = Exact::of(Tensor::from(weight));
    let mut trainer = Trainer::new(net.collect_params(), optimizer).unwrap();
    (0..2).for_each(|_| net.step(&mut trainer, Tensor::from(gradient)));
    net.weight.data().unwrap().to_vec().unwrap()
}

fn assert_near(found: &[f64], expected: [f64; 2]) {
    let near = found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-12);
    assert!(near, "expected {expected:?}, found {found:?}");
}

/// With one gradient `g`, bias-corrected means are `g` and `g²`: a step of Adam is `±rate`, one of
/// LAMB `rate · ‖w‖ / ‖u‖` along `u = g/(|g| + ε) + decay·w`.
#[test]
fn lamb_takes_steps_in_proportion_to_the_weights() {
    let lamb = Lamb::new(0.1).epsilon(0.0);
    // ‖w‖ = 5, u = (1, -1): w₁ = (3, 4) - 0.5/√2·(1, -1), then once more.
    let step = |[x, y]: [f64; 2]| {
        let length = 0.1 * (x * x + y * y).sqrt() / 2f64.sqrt();
        [x - length, y + length]
    };
    assert_near(&twice(lamb, [3.0, 4.0], [0.3, -20.0]), step(step([3.0, 4.0])));
    // Of no length: a ratio of 1, then one of 0.1·√2/√2.
    assert_near(&twice(lamb, [0.0, 0.0], [0.3, -20.0]), [-0.11, 0.11]);
    let decayed = twice(Lamb::new(0.1).weight_decay(0.5), [3.0, 4.0], [0.0, 0.0]);
    assert_near(&decayed, [3.0 * 0.81, 4.0 * 0.81]);
}

/// The largest mean of squares counts: after a gradient of 10 and one of 0, Adam's has shrunk by
/// `β₂`, AMSGrad's has not.
#[test]
fn amsgrad_divides_by_the_largest_variance() {
    let run = |adam: Adam| {
        let net = Exact::of(Tensor::from([0.0]));
        let mut trainer = Trainer::new(net.collect_params(), adam.epsilon(0.0)).unwrap();
        let value = || net.weight.data().unwrap().item().unwrap();
        net.step(&mut trainer, Tensor::from([10.0]));
        let before = value();
        net.step(&mut trainer, Tensor::from([0.0]));
        value() - before
    };
    let (b1, b2) = (0.9f64, 0.5f64);
    let mean = b1 * (1.0 - b1) * 10.0 / (1.0 - b1 * b1);
    let step = |variance: f64| -0.1 * mean / (variance / (1.0 - b2 * b2)).sqrt();
    let adam = Adam::new(0.1).betas(b1, b2);
    assert!((run(adam) - step(25.0)).abs() < 1e-12);
    assert!((run(adam.amsgrad(true)) - step(50.0)).abs() < 1e-12);
}

/// In MXNet the product of momenta is one for all: two parameters share its steps.
#[test]
fn a_second_parameter_does_not_change_the_first_with_nadam() {
    let golden = golden::open("optimizers.json");
    let run = golden["runs"].as_array().unwrap().iter().find(|run| run["optimizer"] == "nadam");
    #[derive(Block)]
    struct Both {
        first: Parameter,
        second: Parameter,
    }
    let [first, second] = [(); 2].map(|()| Weight::golden(&golden).weight);
    let nets = Both { first, second };
    let mut trainer = Trainer::new(nets.collect_params(), Nadam::new(0.05)).unwrap();
    for (gradient, expected) in golden["grads"]
        .as_array()
        .unwrap()
        .iter()
        .zip(run.unwrap()["weights_after"].as_array().unwrap())
    {
        let loss = record(|| {
            let sum = nets.first.data()?.add(&nets.second.data()?)?;
            sum.mul(tensor(gradient))?.sum()
        });
        loss.unwrap().backward().unwrap();
        trainer.step(2).unwrap();
        for weight in [&nets.first, &nets.second] {
            assert_close("nadam", &weight.data().unwrap(), expected, MEANS);
        }
    }
}

/// Plain descent with a rate of 1 subtracts the gradient that it is given.
#[test]
fn a_norm_is_limited_over_all_parameters_at_once() {
    let subtracted = |gradient: [f64; 2], max_norm: f64| -> Result<Vec<f64>> {
        let net = Dense::new(1).in_units(1);
        net.collect_params().iter().for_each(|entry| entry.cast(DType::F64));
        let bias = net.bias.as_ref().unwrap();
        net.weight.set_data(&Tensor::from([[0.0]]))?;
        bias.set_data(&Tensor::from([0.0]))?;
        let mut trainer =
            Trainer::new(net.collect_params(), Sgd::new(1.0))?.with_max_norm(max_norm);
        let [of_weight, of_bias] = gradient;
        let loss = record(|| {
            net.weight.data()?.mul(of_weight)?.sum()?.add(&bias.data()?.mul(of_bias)?.sum()?)
        })?;
        loss.backward()?;
        let stepped = trainer.step(2);
        let value = |p: &Parameter| p.data()?.item();
        let values = vec![value(&net.weight)?, value(bias)?];
        match stepped {
            Ok(()) => Ok(values),
            Err(error) => {
                assert_eq!(values, [0.0, 0.0]);
                Err(error)
            }
        }
    };
    assert_near(&subtracted([6.0, 8.0], 1.0).unwrap(), [-0.6, -0.8]);
    assert_near(&subtracted([6.0, 8.0], 5.1).unwrap(), [-3.0, -4.0]);
    assert_near(&subtracted([0.0, 0.0], 1.0).unwrap(), [0.0, 0.0]);
    let error = subtracted([1.0, f64::NAN], 1.0).unwrap_err().to_string();
    assert!(
        error.starts_with("parameter `bias` expected a finite gradient, found one of norm NaN")
    );
}

#[test]
fn selections_have_factors_of_their_own() {
    let net = stepped(Sgd::new(0.1).weight_decay(1.0), 1, |net, _| {
        let all = net.collect_params();
        all.select(".*bias").unwrap().set_lr_mult(0.0);
        all.select(".*weight").unwrap().set_wd_mult(0.0);
    });
    assert_eq!(net.bias.unwrap().data().unwrap(), Tensor::from([0.0f32]));
    assert_eq!(net.weight.data().unwrap(), Tensor::full([1, 2], 0.9, DType::F32));
}

/// A batch in two parts, whose gradients add up, is the batch.
#[test]
fn gradients_of_parts_add_up_to_those_of_the_whole() {
    let x = Tensor::arange(24).sub(11.5).unwrap().reshape([8, 3]).unwrap();
    let trained = |parts: usize| {
        let mut net = Dense::new(2).in_units(3).tanh();
        net.collect_params().iter().for_each(|entry| entry.cast(DType::F64));
        net.initialize_with(Initialization::default().seed(0)).unwrap();
        let parameters = net.collect_params();
        parameters.set_grad_req(GradReq::Add);
        let mut trainer = Trainer::new(net.collect_params(), Adam::new(0.1)).unwrap();
        for _ in 0..3 {
            for part in x.to_dtype(DType::F64).split(0, parts).unwrap() {
                let loss = record(|| net.forward(&part)?.square()?.sum()).unwrap();
                loss.backward().unwrap();
            }
            trainer.step(8).unwrap();
            parameters.zero_grad();
        }
        net.weight.data().unwrap().to_vec::<f64>().unwrap()
    };
    for (whole, parts) in trained(1).iter().zip(trained(4)) {
        assert!((whole - parts).abs() < 1e-12, "{whole} {parts}");
    }
}

/// Options that no run of MXNet shows, by hand.
#[test]
fn further_options_do_what_they_say() {
    let gradient = [0.3, -2.0];
    // Without momentum Nesterov's gradient is plain, and Signum steps by the sign of the gradient.
    let plain = twice(Sgd::new(0.1).weight_decay(0.5), [1.0, -1.0], gradient);
    assert_eq!(twice(Nag::new(0.1).weight_decay(0.5), [1.0, -1.0], gradient), plain);
    let signum = Signum::new(0.1).momentum(0.0).weight_decay(0.5);
    assert_near(&twice(signum, [1.0, -1.0], gradient), [0.7075, -0.7075]); // 0.95·w ∓ 0.1, twice
    for centered in [false, true] {
        let rmsprop = RmsProp::new(0.1).centered(centered).clip_weights(0.5);
        assert_eq!(twice(rmsprop, [3.0, -3.0], [-0.3, 2.0]), [0.5, -0.5]);
    }
    // What is left of a sum below λ₁ is 0 exactly.
    assert_eq!(twice(Ftrl::new(0.1).lambda1(5.0), [0.0, 0.0], gradient), [0.0, 0.0]);
    // Where there was no gradient, nothing is divided by 0.
    assert_eq!(twice(Adamax::new(0.1), [1.0, -1.0], [0.0, 0.0]), [1.0, -1.0]);
    assert_eq!(twice(Nadam::new(0.1).clip_gradient(0.0), [1.0, -1.0], gradient), [1.0, -1.0]);
}

/// They would make values NaN from the first step on, or let them grow without bound.
#[test]
fn settings_out_of_their_ranges_are_refused() {
    let refused: [(&str, Box<dyn Optimizer>); 8] = [
        ("beta1", Box::new(Adam::new(0.1).betas(1.0, 0.999))),
        ("beta2", Box::new(AdamW::new(0.1).betas(0.9, 1.5))),
        ("epsilon", Box::new(Lamb::new(0.1).epsilon(-1e-6))),
        ("rho", Box::new(AdaDelta::new(1.0).rho(1.1))),
        ("gamma2", Box::new(RmsProp::new(0.1).gammas(0.9, -0.9))),
        ("momentum", Box::new(Sgd::new(0.1).momentum(f64::NAN))),
        ("decay_lh", Box::new(Signum::new(0.1).decay_lh(f64::INFINITY))),
        ("schedule_decay", Box::new(Nadam::new(0.1).schedule_decay(-1.0))),
    ];
    let mut net = Dense::new(1).in_units(1);
    net.initialize().unwrap();
    for (setting, optimizer) in refused {
        let error = Trainer::new(net.collect_params(), optimizer).unwrap_err().to_string();
        let expected = format!("`Trainer::new` expected `{setting}` to be ");
        assert!(error.starts_with(&expected), "{error}");
    }
    Trainer::new(net.collect_params(), Sgd::new(0.1).momentum(1.0)).unwrap();
}
