//! After the first steps, a step of a fixed shape takes no memory from the allocator.
//!
//! Batches are small here: for larger products the crate that multiplies takes a buffer of its own.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

extern crate gluon_core as gluon;

use gluon::autograd::record;
use gluon::loss::{Loss, SoftmaxCrossEntropyLoss};
use gluon::nn::{Dense, Sequential};
use gluon::optim::{Adam, Optimizer, Sgd};
use gluon::train::Trainer;
use gluon::{Block, Forward, Tensor, sequential};

/// What `f` takes from the allocator when it has run a few times.
fn allocations(mut f: impl FnMut()) -> u64 {
    (0..3).for_each(|_| f());
    allocation_counter::measure(f).count_total
}

fn mlp() -> Sequential {
    let mut net = sequential![Dense::new(16).relu(), Dense::new(8).tanh(), Dense::new(4)];
    net.initialize().unwrap();
    net
}

fn tied() -> Sequential {
    let mut net = sequential![
        Dense::new(8).relu(),
        shared: Dense::new(8).relu(),
        #[shared(shared)] _,
        Dense::new(4),
    ];
    net.initialize().unwrap();
    net
}

#[test]
fn a_forward_pass_allocates_nothing() {
    for net in [mlp(), tied()] {
        for batch in [1, 2] {
            let x = Tensor::ones([batch, 12]);
            assert_eq!(allocations(|| drop(net.forward(&x).unwrap())), 0, "batch {batch}");
        }
    }
}

#[test]
fn a_step_of_training_allocates_nothing() {
    fn check<O: Optimizer + Clone + 'static>(net: &Sequential, optimizer: &O) {
        let loss = SoftmaxCrossEntropyLoss::default();
        for batch in [1, 2] {
            let x = Tensor::ones([batch, 12]);
            let label = Tensor::from_vec(vec![1i64; batch], batch).unwrap();
            net.forward(&x).unwrap();
            let mut trainer = Trainer::new(net.collect_params(), optimizer.clone()).unwrap();
            let step = || {
                let loss = record(|| loss.forward(&net.forward(&x)?, &label)).unwrap();
                loss.backward().unwrap();
                trainer.step(batch).unwrap();
            };
            assert_eq!(allocations(step), 0, "batch {batch}");
        }
    }
    for net in [mlp(), tied()] {
        check(&net, &Sgd::new(0.1));
        check(&net, &Sgd::new(0.1).momentum(0.9));
        check(&net, &Adam::new(0.01));
    }
}

/// Larger steps do take buffers, and give back all of them.
#[test]
fn memory_stays_flat_over_many_steps() {
    let net = tied();
    let (x, label) = (Tensor::ones([32, 12]), Tensor::zeros([32]));
    net.forward(&x).unwrap();
    let mut trainer = Trainer::new(net.collect_params(), Adam::new(0.01)).unwrap();
    let loss = SoftmaxCrossEntropyLoss::default();
    let mut steps = |count: usize| {
        for _ in 0..count {
            record(|| loss.forward(&net.forward(&x)?, &label)).unwrap().backward().unwrap();
            trainer.step(32).unwrap();
        }
    };
    steps(3);
    let few = allocation_counter::measure(|| steps(10));
    let many = allocation_counter::measure(|| steps(10_000));
    assert_eq!((many.count_current, many.bytes_current), (0, 0));
    assert_eq!(many.bytes_max, few.bytes_max);
}
