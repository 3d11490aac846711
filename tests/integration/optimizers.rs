//! Optimizers: values after each step, as in MXNet.

use gluon::ParameterDict;
use gluon::autograd::record;
use gluon::nn::Dense;
use gluon::optim::{
    AdaDelta, AdaGrad, Adam, AdamW, Adamax, Ftrl, Lamb, Nadam, Nag, Optimizer, RmsProp, Sgd, Signum,
};
use gluon::prelude::*;
use gluon::train::Trainer;
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
pub(crate) struct Weight {
    #[new(Parameter::new([3, 4]))]
    pub(crate) weight: Parameter,
}

impl Weight {
    /// One with the values that the runs begin with.
    pub(crate) fn golden(golden: &Value) -> Weight {
        let net = Weight::new();
        net.weight.set_data(&tensor(&golden["w0"])).unwrap();
        net
    }

    /// A step with the given gradient.
    pub(crate) fn step(&self, trainer: &mut Trainer, gradient: &Value, batch_size: usize) {
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

pub(crate) fn assert_near(found: &[f64], expected: [f64; 2]) {
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
    assert_eq!(twice(Lamb::new(0.1), [3.0, 4.0], [0.0, 0.0]), [3.0, 4.0]);
}

/// With an `ε` and a decay that are not lost beside what they are added to.
#[test]
fn first_steps_follow_their_formulas() {
    fn step(optimizer: impl Optimizer + 'static) -> [f64; 2] {
        let net = Exact::of(Tensor::from([3.0, 4.0]));
        let mut trainer = Trainer::new(net.collect_params(), optimizer).unwrap();
        net.step(&mut trainer, Tensor::from([1.0, -3.0]));
        net.weight.data().unwrap().to_vec::<f64>().unwrap().try_into().unwrap()
    }
    let after =
        |direction: fn(f64) -> f64| [3.0 - 0.1 * direction(1.0), 4.0 - 0.1 * direction(-3.0)];
    let adam = after(|g| (0.001f64).sqrt() * g / (0.001f64.sqrt() * g.abs() + 0.5));
    assert_near(&step(Adam::new(0.1).epsilon(0.5)), adam);
    assert_near(&step(Adam::new(0.1).epsilon(0.5).amsgrad(true)), adam);
    assert_near(&step(AdamW::new(0.1).epsilon(0.5)), adam);
    let nadam = after(|g| {
        let p = |t: f64| 0.9 * (1.0 - 0.5 * 0.96f64.powf(0.004 * t));
        let mean = p(2.0) * 0.1 * g / (1.0 - p(1.0) * p(2.0));
        (g + mean) / (g.abs() + 0.5)
    });
    assert_near(&step(Nadam::new(0.1).epsilon(0.5)), nadam);
    let rms = after(|g| g / (0.1 * g * g + 0.5).sqrt());
    assert_near(&step(RmsProp::new(0.1).gammas(0.9, 0.9).epsilon(0.5)), rms);
    let centered = after(|g| g / (0.1 * g * g - 0.01 * g * g + 0.5).sqrt());
    assert_near(&step(RmsProp::new(0.1).gammas(0.9, 0.9).epsilon(0.5).centered(true)), centered);
    assert_near(&step(AdaGrad::new(0.1).epsilon(0.5)), after(|g| g / (g * g + 0.5).sqrt()));
    let delta = AdaDelta::new(0.1).rho(0.9).epsilon(0.5);
    assert_near(&step(delta), after(|g| 0.5f64.sqrt() / (0.1 * g * g + 0.5).sqrt() * g));
    // With 0.5·w, gradients are 2.5 and -1.
    let decayed = [3.0 - 0.25 / (0.625f64 + 0.5).sqrt(), 4.0 + 0.1 / (0.1f64 + 0.5).sqrt()];
    assert_near(&step(RmsProp::new(0.1).weight_decay(0.5).epsilon(0.5)), decayed);
    // With 2·w, 7 and 5: a mean has their sign.
    assert_near(&step(Signum::new(0.1).weight_decay(2.0)), [2.9, 3.9]);
    // u = (1/2, -3/4), and its norm √13/4 is brought to that of the weights, 5.
    let lamb = after(|g| 20.0 / 13f64.sqrt() * g / (g.abs() + 1.0));
    assert_near(&step(Lamb::new(0.1).epsilon(1.0)), lamb);
    // z = g - |g|·w/0.1 is -29 and -123.
    let ftrl = [28.99 / 22.0, 122.99 / 42.0];
    assert_near(&step(Ftrl::new(0.1).weight_decay(2.0)), ftrl);
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
    for momentum in [0.0, 0.9] {
        let signum = Signum::new(0.1).momentum(momentum);
        assert_eq!(twice(signum, [1.0, -1.0], [0.0, 0.0]), [1.0, -1.0]);
    }
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
