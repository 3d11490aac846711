//! Trainers: what they step by, with any optimizer, and what they refuse.

use gluon::Error;
use gluon::autograd::{GradReq, record};
use gluon::init::Initialization;
use gluon::nn::{BatchNorm, Dense, Sequential};
use gluon::optim::schedule::{Factor, Plateau, Schedule, WarmUp};
use gluon::optim::{Adam, Optimizer, Sgd};
use gluon::parameter::Entry;
use gluon::prelude::*;
use gluon::train::{Status, Trainer};

use crate::golden::{self, ROUNDED, assert_close};
use crate::optimizers::{Weight, assert_near};

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
        (Sgd::new(f64::INFINITY), "`learning rate` to be a number from 0 on, found inf"),
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
    let mut empty = trainer(Sgd::new(0.1));
    record(|| net.weight.data()?.sum()).unwrap().backward().unwrap();
    for result in [empty.step(0), empty.step_ignoring_stale(0).map(|_| ())] {
        let error = result.unwrap_err().to_string();
        assert_eq!(error, "`step` expected `batch_size` to be at least 1, found 0");
    }
    assert_eq!(net.weight.data().unwrap(), before);
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
    fn name(&self) -> String {
        "a greedy rule".to_owned()
    }

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
    let expected = "`Trainer::new` expected `the optimizer's state` to be at most 3 tensors, found 4 of `a greedy rule`";
    assert_eq!(error, expected);
    let boxed: Box<dyn Optimizer> = Box::new(Greedy);
    let error = Trainer::new(net.collect_params(), boxed).unwrap_err().to_string();
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

    let mut schedule: Box<dyn Schedule> = Box::new(WarmUp::new(4, Plateau::new(0.5)));
    schedule.set_state(&[0.25, 1.0, 2.0]).unwrap();
    assert_eq!(schedule.state(), [0.25, 1.0, 2.0]);
    assert!(schedule.set_state(&[0.25]).is_err());
    assert_eq!(schedule.name(), "WarmUp<Plateau>");
}

#[test]
fn the_state_of_other_parameters_is_refused() {
    let mut net = Dense::new(1).in_units(2);
    net.initialize().unwrap();
    let mut own = Trainer::new(net.collect_params(), Sgd::new(0.1).momentum(0.9)).unwrap();
    let good = own.state();
    let with = |name: &str, tensor: Tensor| {
        let mut states = good.clone();
        states[0].tensors = vec![(name.to_owned(), tensor)];
        states[0].count = 7;
        states
    };
    let mut renamed = good.clone();
    renamed[1].parameter = "shift".to_owned();
    for (states, expected) in [
        (good[..1].to_vec(), "expected the state of 2 parameters, found that of 1"),
        (renamed, "expected the state of `bias`, found that of `shift`"),
        (with("mean", Tensor::ones([1, 2])), "of `weight`, the state of Sgd, found [\"mean\"]"),
        (with("momentum", Tensor::ones([2, 1])), "to be floats (1, 2), found float32 (2, 1)"),
        (with("momentum", Tensor::from([[1i64, 2]])), "to be floats (1, 2), found int64 (1, 2)"),
    ] {
        let error = own.set_state(&states).unwrap_err().to_string();
        assert!(error.ends_with(expected), "{error}");
        assert_eq!((own.n_steps(), own.state()), (0, good.clone()));
    }
    own.set_state(&with("momentum", Tensor::ones([1, 2]))).unwrap();
    assert_eq!(own.n_steps(), 7);
}

#[test]
fn what_is_frozen_after_backward_is_not_stepped() {
    let mut net = Dense::new(1).in_units(2);
    net.initialize_with(Initialization::default().seed(0)).unwrap();
    let bias = net.bias.as_ref().unwrap();
    let before = [net.weight.data().unwrap(), bias.data().unwrap()];
    let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.1)).unwrap();
    record(|| net.forward(&Tensor::ones([1, 2]))).unwrap().backward().unwrap();
    net.weight.set_grad_req(GradReq::Null);
    trainer.step(1).unwrap();
    assert_eq!(net.weight.data().unwrap(), before[0]);
    assert_eq!(bias.data().unwrap(), before[1].sub(0.1).unwrap());
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
