//! What an optimizer remembers, in a file.

use std::fs;

use gluon::autograd::record;
use gluon::error::Error;
use gluon::nn::Dense;
use gluon::optim::Sgd;
use gluon::persist::Load;
use gluon::train::{Checkpoint, Trainer};
use gluon::{Block, Forward, Tensor};

use crate::nets::Scratch;

fn untrained(mut net: Dense) -> (Dense, Trainer) {
    net.initialize().unwrap();
    let trainer = Trainer::new(net.collect_params(), Sgd::new(0.1).momentum(0.9)).unwrap();
    (net, trainer)
}

fn trained(in_units: usize) -> (Dense, Trainer) {
    let (net, mut trainer) = untrained(Dense::new(1).in_units(in_units));
    record(|| net.forward(&Tensor::ones([1, in_units]))).unwrap().backward().unwrap();
    trainer.step(1).unwrap();
    (net, trainer)
}

/// The first input is still to tell the trainer's parameters their sizes.
#[test]
fn state_has_the_shape_of_its_values() {
    let ((narrow, trainer), (_, other)) = (trained(2), trained(3));
    let (mut net, mut own) = untrained(Dense::new(1));
    let mixed = Checkpoint::new(&narrow).unwrap().with_trainer(&other);
    assert_eq!(
        mixed.resume(&mut net, &mut own).unwrap_err().to_string(),
        "the trainer expected momentum of `weight` of shape (1, 2), found shape (1, 3)"
    );
    assert_eq!((net.weight.shape(), own.n_steps()), ([1, 0].into(), 0));
    let good = Checkpoint::new(&narrow).unwrap().with_trainer(&trainer);
    good.resume(&mut net, &mut own).unwrap();
    assert_eq!((net.weight.data().unwrap(), own.n_steps()), (narrow.weight.data().unwrap(), 1));
}

#[test]
fn damaged_state_is_found_without_a_model() {
    let scratch = Scratch::new();
    let path = scratch.at("a.gluon");
    let (net, trainer) = trained(2);
    Checkpoint::new(&net).unwrap().with_trainer(&trainer).save(&path).unwrap();
    let checkpoint = Checkpoint::open(&path).unwrap();
    checkpoint.verify_state().unwrap();
    assert_eq!(checkpoint.optimizer(), Some("Sgd"));
    assert_eq!(checkpoint.learning_rate(), Some(0.1));
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1; // behind the values of the model
    let damaged = Checkpoint::from_bytes(bytes, &path).unwrap();
    assert!(matches!(damaged.verify_state(), Err(Error::Format { .. })));
    damaged.load(&mut Dense::new(1), &Load::new()).unwrap();
}
