//! Optimizers: values after each step, as in MXNet.

use gluon::ParameterDict;
use gluon::autograd::record;
use gluon::nn::Dense;
use gluon::optim::{Adam, Sgd};
use gluon::prelude::*;
use gluon::train::Trainer;
use serde_json::Value;

use crate::golden::{self, ROUNDED, Tolerance, assert_close, tensor, text};

/// Runs of optimizers that do not exist here.
const MISSING: [&str; 13] = [
    "nag_4",
    "nag_5",
    "rmsprop_8",
    "rmsprop_9",
    "adagrad_10",
    "adagrad_11",
    "adadelta_12",
    "adadelta_13",
    "adamax_14",
    "nadam_15",
    "ftrl_16",
    "signum_17",
    "adamw_2.0_rule_via_op",
];

/// MXNet subtracts `β₂` from 1 in `float32`, which loses digits: its `√(1 - β₂)` is 2.3e-5 too
/// large, and so is a step, relatively.
const ADAM: Tolerance = Tolerance { relative: 1e-5, absolute: 2e-6 };

/// The trainer that Gluon makes of an optimizer's name and arguments, if there is such a one here.
pub(crate) fn trainer(parameters: ParameterDict, name: &str, kwargs: &Value) -> Option<Trainer> {
    let number = |key: &str| kwargs[key].as_f64();
    let known = ["learning_rate", "wd", "clip_gradient", "momentum", "beta1", "beta2"];
    let unknown = kwargs.as_object()?.keys().find(|key| !known.contains(&key.as_str()));
    let (rate, decay) = (number("learning_rate"), number("wd").unwrap_or(0.0));
    let trainer = match name {
        "sgd" => {
            let mut sgd = Sgd::new(rate?).weight_decay(decay);
            sgd = sgd.momentum(number("momentum").unwrap_or(0.0));
            Trainer::new(parameters, number("clip_gradient").map_or(sgd, |c| sgd.clip_gradient(c)))
        }
        "adam" => {
            let mut adam = Adam::new(rate?).weight_decay(decay);
            adam = adam.betas(number("beta1").unwrap_or(0.9), number("beta2").unwrap_or(0.999));
            Trainer::new(
                parameters,
                number("clip_gradient").map_or(adam, |c| adam.clip_gradient(c)),
            )
        }
        _ => return None,
    };
    assert_eq!(unknown, None, "an argument of {name} that this test does not pass on");
    Some(trainer.unwrap())
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
        let trainer = trainer(net.collect_params(), name, &run["kwargs"]);
        let Some(mut trainer) = trainer else { continue };
        tested.push(text(&run["id"]));
        let tolerance = if name == "adam" { ADAM } else { ROUNDED };
        let steps = golden["grads"].as_array().unwrap().iter();
        for (step, (gradient, expected)) in
            steps.zip(run["weights_after"].as_array().unwrap()).enumerate()
        {
            net.step(&mut trainer, gradient, 2);
            let what = format!("{} after step {step}", run["id"]);
            assert_close(&what, &net.weight.data().unwrap(), expected, tolerance);
        }
    }
    golden::assert_complete(&golden["runs"], &tested, &MISSING);
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
fn a_new_learning_rate_counts_from_the_next_step() {
    let golden = golden::open("optimizers.json");
    let net = Weight::golden(&golden);
    let run = &golden["factor_scheduler_step2_factor0.5_lr0.4_batch1"];
    let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.4)).unwrap();
    for (step, gradient) in golden["grads"].as_array().unwrap().iter().enumerate() {
        trainer.set_learning_rate(run["learning_rate_after_step"][step].as_f64().unwrap());
        net.step(&mut trainer, gradient, 1);
        let expected = &run["weights_after"][step];
        assert_close(&format!("step {step}"), &net.weight.data().unwrap(), expected, ROUNDED);
    }
}
