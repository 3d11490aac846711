//! Ties in training: one gradient, one state, one update, by every optimizer.

use gluon::ParameterDict;
use gluon::autograd::{GradReq, record};
use gluon::block::Initialization;
use gluon::init::Xavier;
use gluon::nn::{Dense, Sequential};
use gluon::optim::{
    AdaDelta, AdaGrad, Adam, AdamW, Adamax, Ftrl, Lamb, Nadam, Nag, RmsProp, Sgd, Signum,
};
use gluon::prelude::*;
use gluon::train::Trainer;

/// Makes the trainer of a model's parameters.
type MakeTrainer = fn(ParameterDict) -> Result<Trainer>;

/// Every optimizer, with what it can remember of a parameter.
const OPTIMIZERS: [(&str, MakeTrainer); 17] = [
    ("sgd", |p| Trainer::new(p, Sgd::new(0.02))),
    ("sgd with momentum", |p| Trainer::new(p, Sgd::new(0.01).momentum(0.9).weight_decay(0.01))),
    ("sgd with clipping", |p| Trainer::new(p, Sgd::new(0.02).momentum(0.5).clip_gradient(0.1))),
    ("sgd with a norm", |p| Ok(Trainer::new(p, Sgd::new(0.05))?.with_max_norm(0.5))),
    ("nag", |p| Trainer::new(p, Nag::new(0.01).momentum(0.9))),
    ("adam", |p| Trainer::new(p, Adam::new(0.01))),
    ("adam with decay", |p| Trainer::new(p, Adam::new(0.01).weight_decay(0.1).clip_gradient(1.0))),
    ("amsgrad", |p| Trainer::new(p, Adam::new(0.01).amsgrad(true))),
    ("adamw", |p| Trainer::new(p, AdamW::new(0.01).weight_decay(0.01))),
    ("adamax", |p| Trainer::new(p, Adamax::new(0.01))),
    ("nadam", |p| Trainer::new(p, Nadam::new(0.01))),
    ("rmsprop", |p| Trainer::new(p, RmsProp::new(0.005).centered(true))),
    ("adagrad", |p| Trainer::new(p, AdaGrad::new(0.05))),
    ("adadelta", |p| Trainer::new(p, AdaDelta::new(2.0))),
    ("ftrl", |p| Trainer::new(p, Ftrl::new(0.1).lambda1(1e-4))),
    ("signum", |p| Trainer::new(p, Signum::new(0.003))),
    ("lamb", |p| Trainer::new(p, Lamb::new(0.02))),
];

const STEPS: usize = 100;

/// A net whose middle layer is used three times, as the derive ties it.
#[derive(Block)]
struct Tied {
    #[new(Dense::new(6).tanh())]
    first: Dense,
    #[new(Dense::new(6).tanh())]
    middle: Dense,
    #[shared(middle)]
    again: Dense,
    #[shared(middle)]
    last: Dense,
}

impl Forward for Tied {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.apply(&self.first)?.apply(&self.middle)?.apply(&self.again)?.apply(&self.last)
    }
}

/// The same computation without any tie: one layer, applied three times.
#[derive(Block)]
struct Reused {
    #[new(Dense::new(6).tanh())]
    first: Dense,
    #[new(Dense::new(6).tanh())]
    middle: Dense,
}

impl Forward for Reused {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = x.apply(&self.first)?;
        (0..3).try_fold(x, |x, _| x.apply(&self.middle))
    }
}

fn input(step: usize) -> Tensor {
    Tensor::arange(20).add(step as f64).unwrap().sin().unwrap().reshape([4, 5]).unwrap()
}

fn initialized<B: Block + Forward>(mut net: B) -> B {
    net.initialize_with(Initialization::from(Xavier::default()).seed(3)).unwrap();
    net.forward(&input(0)).unwrap();
    net
}

/// Trains for one step and returns the loss.
fn step(net: &dyn Layer, trainer: &mut Trainer, number: usize) -> f64 {
    let loss = record(|| {
        let y = net.forward(&input(number))?;
        y.sub(0.3)?.square()?.mean_axes(&[1], false)
    });
    let loss = loss.unwrap();
    loss.backward().unwrap();
    trainer.step(4).unwrap();
    loss.mean().unwrap().item().unwrap()
}

/// Asserts that all of `net`'s parameters have the values of `other`'s, to the last bit.
#[track_caller]
fn assert_equal(net: &dyn Block, other: &dyn Block, what: &str) {
    let (ours, theirs) = (net.collect_params(), other.collect_params());
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours.data().unwrap(), theirs.data().unwrap(), "{what}: {}", ours.path());
    }
}

#[test]
fn a_tied_net_stays_exactly_tied_for_100_steps_of_every_optimizer() {
    for (name, trainer) in OPTIMIZERS {
        let net = initialized(Tied::new());
        let reused = initialized(Reused::new());
        assert_equal(&net, &reused, name);
        let mut tied_trainer = trainer(net.collect_params()).unwrap();
        let mut reused_trainer = trainer(reused.collect_params()).unwrap();
        let (mut first, mut last) = (0.0, 0.0);
        for number in 0..STEPS {
            last = step(&net, &mut tied_trainer, number);
            assert_eq!(step(&reused, &mut reused_trainer, number), last, "{name}, step {number}");
            if number == 0 {
                first = last;
            }
            for tied in [&net.again, &net.last] {
                let (ours, theirs) = (tied.weight.data().unwrap(), net.middle.weight.data());
                assert_eq!(ours, theirs.unwrap(), "{name}, step {number}");
            }
            // One update a step, however many places: the net that ties nothing agrees.
            assert_equal(&net, &reused, &format!("{name}, step {number}"));
        }
        assert!(last < 0.7 * first, "{name} does not learn: from {first} to {last}");
    }
}

/// A `Sequential` as `sequential!` ties it.
fn tied_list() -> Sequential {
    sequential![
        Dense::new(6).tanh(),
        middle: Dense::new(6).tanh(),
        #[shared(middle)] _,
        #[shared(middle)] Dense::new(6).tanh(),
    ]
}

#[test]
fn ties_of_a_list_train_as_those_of_fields() {
    for (name, trainer) in OPTIMIZERS {
        let list = initialized(tied_list());
        let reused = initialized(Reused::new());
        for (ours, theirs) in list.collect_params().iter().zip(&reused.collect_params()) {
            ours.set_data(&theirs.data().unwrap()).unwrap();
        }
        let mut list_trainer = trainer(list.collect_params()).unwrap();
        let mut reused_trainer = trainer(reused.collect_params()).unwrap();
        for number in 0..STEPS {
            step(&list, &mut list_trainer, number);
            step(&reused, &mut reused_trainer, number);
        }
        assert_equal(&list, &reused, name);
    }
}

#[test]
fn a_duplicate_trains_on_its_own_and_stays_tied_within() {
    for (name, trainer) in OPTIMIZERS {
        let net = initialized(Tied::new());
        let copy = net.duplicate();
        let untouched = net.duplicate();
        let mut copy_trainer = trainer(copy.collect_params()).unwrap();
        for number in 0..STEPS {
            step(&copy, &mut copy_trainer, number);
        }
        assert_equal(&net, &untouched, name);
        assert!(copy.again.weight.is_same(&copy.middle.weight));
        assert!(!copy.middle.weight.is_same(&net.middle.weight));
        let mut trainer = trainer(net.collect_params()).unwrap();
        for number in 0..STEPS {
            step(&net, &mut trainer, number);
        }
        assert_equal(&net, &copy, name);
    }
}

#[test]
fn factors_set_through_any_handle_hold_for_the_one_parameter() {
    for (name, trainer) in OPTIMIZERS {
        let (net, reused) = (initialized(Tied::new()), initialized(Reused::new()));
        net.last.weight.set_lr_mult(0.5);
        net.again.weight.set_wd_mult(2.0);
        reused.middle.weight.set_lr_mult(0.5);
        reused.middle.weight.set_wd_mult(2.0);
        let mut tied_trainer = trainer(net.collect_params()).unwrap();
        let mut reused_trainer = trainer(reused.collect_params()).unwrap();
        for number in 0..10 {
            step(&net, &mut tied_trainer, number);
            step(&reused, &mut reused_trainer, number);
        }
        assert_equal(&net, &reused, name);
    }
}

#[test]
fn a_tie_frozen_at_one_place_is_frozen_at_all() {
    let net = initialized(Tied::new());
    let before = net.duplicate();
    net.last.weight.set_grad_req(GradReq::Null);
    let mut trainer = Trainer::new(net.collect_params(), Adam::new(0.01)).unwrap();
    step(&net, &mut trainer, 0);
    assert_eq!(net.middle.weight.data().unwrap(), before.middle.weight.data().unwrap());
    assert_ne!(net.first.weight.data().unwrap(), before.first.weight.data().unwrap());
}

#[test]
fn a_tied_net_trains_in_float64_too() {
    let (mut net, mut reused) = (initialized(Tied::new()), initialized(Reused::new()));
    net.cast(DType::F64);
    reused.cast(DType::F64);
    let loss = |net: &dyn Layer| {
        let x = input(0).to_dtype(DType::F64);
        record(|| net.forward(&x)?.square()?.mean_axes(&[1], false)).unwrap()
    };
    for (_, trainer) in OPTIMIZERS {
        for net in [&net as &dyn Layer, &reused] {
            let mut trainer = trainer(net.collect_params()).unwrap();
            loss(net).backward().unwrap();
            trainer.step(4).unwrap();
        }
    }
    assert_equal(&net, &reused, "float64");
    assert_eq!(net.last.weight.data().unwrap().dtype(), DType::F64);
}

/// Values that a struct literal leaves untied: not trained before they are tied again.
#[test]
fn a_broken_tie_is_refused_by_the_trainer_until_it_is_mended() {
    let mut net = initialized(Tied::new());
    net.again = Dense::new(6).tanh();
    let refused = Trainer::new(net.collect_params(), Sgd::new(0.1));
    assert!(matches!(
        refused,
        Err(Error::BrokenTie { field, target }) if field == "again" && target == "middle"
    ));
    net.initialize().unwrap();
    let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.1)).unwrap();
    step(&net, &mut trainer, 0);
    assert!(net.again.weight.is_same(&net.middle.weight));
    let ways: [fn(&mut Tied) -> Result<()>; 2] = [
        |net| net.initialize_with(Xavier::default()),
        |net| net.initialize_again(Xavier::default()),
    ];
    for initialize in ways {
        net.again = Dense::new(6).tanh();
        initialize(&mut net).unwrap();
        net.collect_params().check().unwrap();
    }
    // A part of it is not enough.
    for bias in [Dense::new(6).bias, None] {
        net.again.bias = bias;
        assert!(matches!(net.collect_params().check(), Err(Error::BrokenTie { .. })));
    }
}

/// A net inside a net, boxed: the walk meets the tie two levels down.
#[test]
fn a_tie_deep_in_a_model_is_one_parameter_to_the_trainer() {
    let inner: Box<dyn Layer> = Box::new(Tied::new());
    let net = initialized(sequential![inner, Dense::new(2)]);
    let parameters = net.collect_params();
    assert_eq!(parameters.len(), 6);
    let weight = parameters.get("0.last.weight").unwrap();
    assert_eq!(weight.path(), "0.middle.weight");
    let before = weight.data().unwrap();
    let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.5)).unwrap();
    step(&net, &mut trainer, 0);
    // Plain descent says what one update is.
    let gradient = weight.grad().unwrap().mul(0.5 / 4.0).unwrap();
    let expected = before.sub(&gradient).unwrap().to_vec::<f32>().unwrap();
    let found = weight.data().unwrap().to_vec::<f32>().unwrap();
    assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-6));
    assert_ne!(weight.data().unwrap(), before);
}
