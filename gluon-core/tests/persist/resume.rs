//! Training from a checkpoint is training that never stopped.

use gluon::autograd::record;
use gluon::data::Sampler;
use gluon::error::Error;
use gluon::init::Initialization;
use gluon::nn::{Dense, Dropout, Sequential};
use gluon::optim::schedule::{Plateau, WarmUp};
use gluon::optim::{
    AdaDelta, AdaGrad, Adam, AdamW, Adamax, Ftrl, Lamb, Nadam, Nag, Optimizer, RmsProp, Sgd, Signum,
};
use gluon::random::{self, Generator};
use gluon::train::{Checkpoint, Trainer};
use gluon::{Block, DType, Forward, Persist, Tensor, sequential};

use crate::nets::{Mlp, Scratch, Tied, state};

const EXAMPLES: usize = 24;
const EPOCHS: u64 = 4;

/// Training with everything that could differ: shuffling, random masks, a learning rate that
/// changes.
pub(crate) struct Run {
    pub(crate) net: Mlp,
    pub(crate) trainer: Trainer,
    masks: Generator,
    step: u64,
    /// Whether the rate is left to the trainer.
    fixed_rate: bool,
}

impl Run {
    fn new(optimizer: impl Optimizer + 'static, seed: u64) -> Run {
        let mut net = Mlp::new();
        net.initialize_with(Initialization::default().seed(seed)).unwrap();
        let trainer = Trainer::new(net.collect_params(), optimizer).unwrap();
        Run { net, trainer, masks: Generator::new(seed), step: 0, fixed_rate: false }
    }

    fn epoch(&mut self, epoch: u64, stop: Option<usize>) {
        let data = Tensor::arange(EXAMPLES * 5).div(50.0).unwrap().reshape([EXAMPLES, 5]).unwrap();
        let sampler = Sampler::new(EXAMPLES, 4).unwrap().shuffled(7);
        let first = if self.step > epoch * 6 { (self.step - epoch * 6) as usize } else { 0 };
        for batch in sampler.epoch(epoch).batches().take(stop.unwrap_or(6)).skip(first) {
            let rows: Vec<i64> = batch.iter().map(|&row| row as i64).collect();
            let rows = Tensor::from_vec(rows, [4]).unwrap();
            let mask: Vec<f32> = (0..20).map(|_| self.masks.below(2) as f32).collect();
            let mask = Tensor::from_vec(mask, [4, 5]).unwrap();
            let x = data.take(&rows).unwrap().mul(&mask).unwrap();
            let loss = record(|| self.net.forward(&x)?.square()?.sum()).unwrap();
            loss.backward().unwrap();
            self.trainer.step(4).unwrap();
            self.step += 1;
            if !self.fixed_rate {
                self.trainer.set_learning_rate(0.05 / (1.0 + self.step as f64));
            }
        }
    }

    pub(crate) fn checkpoint(&self) -> Checkpoint {
        let checkpoint = Checkpoint::new(&self.net).unwrap().with_trainer(&self.trainer);
        checkpoint.with_step(self.step).with_seed(7).with("masks", &self.masks.state()).unwrap()
    }

    fn resume(&mut self, checkpoint: &Checkpoint) {
        checkpoint.resume(&mut self.net, &mut self.trainer).unwrap();
        self.step = checkpoint.step();
        let masks = checkpoint.get("masks").unwrap().unwrap();
        self.masks = Generator::from_state(masks).unwrap();
    }

    fn bits(&self) -> Vec<Vec<u32>> {
        let states = self.trainer.state().into_iter().flat_map(|state| state.tensors);
        let params = self.net.collect_params();
        let values = params.iter().map(|p| p.data().unwrap());
        let all = values.chain(states.map(|(_, tensor)| tensor));
        let bits = |t: Tensor| t.to_vec::<f32>().unwrap().into_iter().map(f32::to_bits).collect();
        all.map(bits).collect()
    }
}

fn check(optimizer: impl Optimizer + Clone + 'static) {
    let scratch = Scratch::new();
    let path = scratch.at("last.gluon");
    let mut straight = Run::new(optimizer.clone(), 3);
    (0..EPOCHS).for_each(|epoch| straight.epoch(epoch, None));

    let mut first = Run::new(optimizer.clone(), 3);
    first.epoch(0, None);
    first.epoch(1, Some(2)); // in the middle of an epoch
    first.checkpoint().save(&path).unwrap();
    first.epoch(2, None); // what happens after does not matter

    let mut second = Run::new(optimizer, 99);
    second.resume(&Checkpoint::open(&path).unwrap());
    (1..EPOCHS).for_each(|epoch| second.epoch(epoch, None));
    assert_eq!(second.bits(), straight.bits());
    assert_eq!(second.trainer.learning_rate(), straight.trainer.learning_rate());
}

#[test]
fn resumed_training_is_bit_identical() {
    check(Sgd::new(0.05));
    check(Sgd::new(0.05).momentum(0.9).weight_decay(1e-3));
    check(Nag::new(0.05).momentum(0.9));
    check(Adam::new(0.01).weight_decay(1e-2));
    check(Adam::new(0.01).amsgrad(true));
    check(AdamW::new(0.01).weight_decay(1e-2));
    check(Adamax::new(0.01));
    check(Nadam::new(0.01));
    check(RmsProp::new(0.01));
    check(RmsProp::new(0.01).centered(true));
    check(AdaGrad::new(0.01));
    check(AdaDelta::new(1.0));
    check(Ftrl::new(0.01));
    check(Signum::new(0.01));
    check(Lamb::new(0.01));
}

/// A run whose rate a schedule changes: by the number of steps, and by what it is told.
struct Scheduled {
    run: Run,
    observed: u32,
}

impl Scheduled {
    fn new(seed: u64) -> Scheduled {
        let mut run = Run::new(Adam::new(0.01), seed);
        let schedule = WarmUp::new(4, Plateau::new(0.5).patience(1));
        let trainer = Trainer::new(run.net.collect_params(), Adam::new(0.01)).unwrap();
        run.trainer = trainer.with_schedule(schedule).with_max_norm(1.0);
        run.fixed_rate = true;
        Scheduled { run, observed: 0 }
    }

    fn epochs(&mut self, epochs: std::ops::Range<u64>) {
        for epoch in epochs {
            self.run.epoch(epoch, None);
            self.run.trainer.observe(1.0 + f64::from(self.observed % 2));
            self.observed += 1;
        }
    }
}

#[test]
fn a_schedule_goes_on_where_it_was() {
    let scratch = Scratch::new();
    let path = scratch.at("last.gluon");
    let mut straight = Scheduled::new(3);
    straight.epochs(0..6);
    let rates = (straight.run.trainer.learning_rate(), straight.run.trainer.optimizer());
    assert!(rates.0 < rates.1.learning_rate());

    let mut first = Scheduled::new(3);
    first.epochs(0..2);
    let checkpoint = first.run.checkpoint();
    assert_eq!(checkpoint.keys().collect::<Vec<_>>(), ["masks"]);
    checkpoint.save(&path).unwrap();
    let checkpoint = Checkpoint::open(&path).unwrap();
    let mut second = Scheduled::new(99);
    second.run.resume(&checkpoint);
    second.observed = 2;
    second.epochs(2..6);
    assert_eq!(second.run.bits(), straight.run.bits());
    assert_eq!(second.run.trainer.learning_rate(), rates.0);

    // Of another kind, or of a net that does not fit: nothing changes.
    let mut none = Run::new(Adam::new(0.01), 1);
    let error = checkpoint.resume(&mut none.net, &mut none.trainer).unwrap_err().to_string();
    assert_eq!(
        error,
        "the trainer expected the state of no schedule, found that of WarmUp<Plateau>"
    );
    let mut other = Tied::new();
    other.initialize().unwrap();
    let mut fresh = Scheduled::new(1);
    checkpoint.resume(&mut other, &mut fresh.run.trainer).unwrap_err();
    let state = |run: &Run| run.trainer.schedule().unwrap().state().into_iter().map(f64::to_bits);
    let state = |run: &Run| state(run).collect::<Vec<_>>();
    assert_eq!(state(&fresh.run), state(&Scheduled::new(1).run));
    assert_ne!(state(&second.run), state(&fresh.run));
    assert!(first.run.checkpoint().with("gluon.schedule", &1).is_err());

    // A second trainer takes the place of the first, its schedule as well.
    checkpoint.with_trainer(&none.trainer).resume(&mut none.net, &mut none.trainer).unwrap();
}

/// Steps of a net with dropout, from the state that the thread's generator is in.
fn drop_out(net: &Sequential, trainer: &mut Trainer, steps: usize) {
    let x = Tensor::arange(12).div(6.0).unwrap().reshape([3, 4]).unwrap();
    for _ in 0..steps {
        record(|| net.forward(&x)?.square()?.sum()).unwrap().backward().unwrap();
        trainer.step(3).unwrap();
    }
}

#[test]
fn dropout_goes_on_where_it_stopped() {
    let start = || {
        let mut net =
            sequential![Dense::new(16).in_units(4).tanh(), Dropout::new(0.5), Dense::new(2)];
        net.initialize().unwrap();
        let trainer = Trainer::new(net.collect_params(), Adam::new(0.01)).unwrap();
        (net, trainer)
    };
    let scratch = Scratch::new();
    let path = scratch.at("last.gluon");
    random::seed(11);
    let (net, mut trainer) = start();
    drop_out(&net, &mut trainer, 3);
    Checkpoint::new(&net).unwrap().with_trainer(&trainer).save(&path).unwrap();
    drop_out(&net, &mut trainer, 3);
    let (straight, after) = (state(&net), random::state());

    random::seed(12);
    let (mut net, mut trainer) = start();
    let checkpoint = Checkpoint::open(&path).unwrap();
    checkpoint.resume(&mut net, &mut trainer).unwrap();
    drop_out(&net, &mut trainer, 3);
    assert_eq!((state(&net), random::state()), (straight, after));

    assert_eq!(
        (checkpoint.keys().count(), checkpoint.get::<u8>("gluon.random").unwrap()),
        (0, None)
    );
    let error = checkpoint.with("gluon.random", &1).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "expected `key` to be one that does not begin with `gluon.`, found `gluon.random`"
        ),
        "{error}"
    );
}

pub(crate) fn trained() -> Run {
    let mut run = Run::new(Adam::new(0.01), 1);
    run.epoch(0, None);
    run
}

#[test]
fn what_does_not_fit_changes_neither_net_nor_trainer() {
    let scratch = Scratch::new();
    let path = scratch.at("a.gluon");
    trained().checkpoint().save(&path).unwrap();
    let checkpoint = Checkpoint::open(&path).unwrap();

    let mut sgd = Run::new(Sgd::new(0.1).momentum(0.9), 2);
    let before = state(&sgd.net);
    let error = checkpoint.resume(&mut sgd.net, &mut sgd.trainer).unwrap_err();
    assert_eq!(error.to_string(), "the trainer expected the state of Sgd, found that of Adam");

    let mut other = Tied::new();
    other.initialize().unwrap();
    let mut trainer = Trainer::new(other.collect_params(), Adam::new(0.1)).unwrap();
    let error = checkpoint.resume(&mut other, &mut trainer).unwrap_err();
    assert!(matches!(error, Error::TrainerState { .. }), "{error}");
    // a trainer of the right net, but not this one
    let mut right = Run::new(Adam::new(0.1), 2);
    assert!(matches!(
        checkpoint.resume(&mut other, &mut right.trainer),
        Err(Error::Misfits { .. })
    ));
    assert_eq!(right.trainer.learning_rate(), 0.1);
    assert!(right.trainer.state().iter().all(|state| state.count == 0));
    assert_eq!(state(&sgd.net), before);

    sgd.net.save_parameters(scratch.at("b.gluon")).unwrap_err();
    let mut wide = Run::new(Adam::new(0.1), 2);
    wide.net.cast(DType::F64);
    assert!(checkpoint.resume(&mut wide.net, &mut wide.trainer).is_err());
}

#[test]
fn a_trainer_goes_on_with_its_own_model_only() {
    let checkpoint = trained().checkpoint();
    let (mut run, mut stranger) = (Run::new(Adam::new(0.1), 2), Run::new(Adam::new(0.1), 3));
    let (before, after) = (state(&run.net), random::state());
    let error = checkpoint.resume(&mut run.net, &mut stranger.trainer).unwrap_err().to_string();
    assert_eq!(
        error,
        "the trainer expected the model whose `hidden.weight` it trains, found another; make the \
         trainer of this model's `collect_params`"
    );
    assert_eq!((state(&run.net), random::state()), (before, after));
    assert_eq!(stranger.trainer.learning_rate(), 0.1);
    assert!(stranger.trainer.state().iter().all(|state| state.count == 0));

    // A part of the model is enough.
    let weight =
        |run: &Run| run.net.collect_params().filter(|entry| entry.path() == "hidden.weight");
    let trainer = |run: &Run| Trainer::new(weight(run), Sgd::new(0.5)).unwrap();
    let other = trained();
    let checkpoint = Checkpoint::new(&other.net).unwrap().with_trainer(&trainer(&other));
    let mut part = trainer(&run);
    checkpoint.resume(&mut run.net, &mut part).unwrap();
    assert_eq!(state(&run.net), state(&other.net));
}

#[test]
fn gradients_from_before_are_no_longer_new() {
    let checkpoint = trained().checkpoint();
    let mut run = Run::new(Adam::new(0.01), 2);
    let x = Tensor::ones([4, 5]);
    record(|| run.net.forward(&x)?.square()?.sum()).unwrap().backward().unwrap();
    run.resume(&checkpoint);
    assert!(matches!(run.trainer.step(4), Err(Error::StaleGradient { .. })));
    assert!(run.net.collect_params().iter().all(|entry| !entry.has_fresh_grad()));
}
