//! One forward pass and one whole train step of small nets.
//!
//! ```text
//! cargo bench
//! ```
//!
//! `mlp` is 784 → 256 relu → 10, `tied` the net of shared layers 20 → 8 → 8 → 8 → 10 of the chapter
//! on deep learning computation in *Dive into Deep Learning*, `lenet` 28 × 28 → 6 maps by 5 × 5 →
//! 16 maps by 5 × 5 → 120 → 84 → 10 with a pooling after each convolution.

use divan::Bencher;
use gluon::autograd::record;
use gluon::loss::{Loss, SoftmaxCrossEntropyLoss};
use gluon::nn::{Conv2d, Dense, MaxPool2d};
use gluon::optim::{Adam, Optimizer, Sgd};
use gluon::prelude::*;
use gluon::train::Trainer;

fn main() {
    divan::main();
}

#[derive(Block)]
#[block(sequential)]
struct Mlp {
    #[new(Dense::new(256).relu())]
    hidden: Dense,
    #[new(Dense::new(10))]
    output: Dense,
}

#[derive(Block)]
#[block(sequential)]
struct Tied {
    #[new(Dense::new(8).relu())]
    first: Dense,
    #[new(Dense::new(8).relu())]
    shared: Dense,
    #[shared(shared)]
    again: Dense,
    #[new(Dense::new(10))]
    output: Dense,
}

#[derive(Block)]
#[block(sequential)]
struct LeNet {
    #[new(Conv2d::new(6, 5).padding(2).relu())]
    first: Conv2d,
    #[new(MaxPool2d::new(2))]
    first_pool: MaxPool2d,
    #[new(Conv2d::new(16, 5).relu())]
    second: Conv2d,
    #[new(MaxPool2d::new(2))]
    second_pool: MaxPool2d,
    #[new(Dense::new(120).relu())]
    third: Dense,
    #[new(Dense::new(84).relu())]
    fourth: Dense,
    #[new(Dense::new(10))]
    output: Dense,
}

/// Inputs from -0.5 to 0.5 and labels for `batch` samples.
fn batch(batch: usize, sample: &[usize]) -> Result<(Tensor, Tensor)> {
    let shape = Shape::new(&[&[batch], sample].concat());
    let x = Tensor::arange(shape.size()).mul(0.618)?;
    let x = x.sub(&x.floor()?)?.sub(0.5)?.reshape(shape)?;
    let label = Tensor::from_vec((0..batch).map(|i| (7 * i % 10) as i64).collect(), batch)?;
    Ok((x, label))
}

fn forward(
    bencher: Bencher<'_, '_>,
    mut net: impl Layer,
    size: usize,
    sample: &[usize],
) -> Result<()> {
    let (x, _) = batch(size, sample)?;
    net.initialize()?;
    net.forward(&x)?;
    bencher.bench_local(|| net.forward(&x));
    Ok(())
}

fn train(
    bencher: Bencher<'_, '_>,
    mut net: impl Layer,
    optimizer: impl Optimizer + 'static,
    size: usize,
    sample: &[usize],
) -> Result<()> {
    let (x, label) = batch(size, sample)?;
    net.initialize()?;
    net.forward(&x)?;
    let loss = SoftmaxCrossEntropyLoss::default();
    let mut trainer = Trainer::new(net.collect_params(), optimizer)?;
    bencher.bench_local(|| -> Result<()> {
        record(|| loss.forward(&net.forward(&x)?, &label))?.backward()?;
        trainer.step(size)
    });
    Ok(())
}

#[divan::bench(args = [1, 32, 256])]
fn mlp_forward(bencher: Bencher<'_, '_>, size: usize) {
    forward(bencher, Mlp::new(), size, &[784]).expect("shapes fit");
}

#[divan::bench(args = [1, 32, 256])]
fn mlp_train_sgd(bencher: Bencher<'_, '_>, size: usize) {
    train(bencher, Mlp::new(), Sgd::new(0.1), size, &[784]).expect("shapes fit");
}

#[divan::bench(args = [256])]
fn mlp_train_adam(bencher: Bencher<'_, '_>, size: usize) {
    train(bencher, Mlp::new(), Adam::new(0.001), size, &[784]).expect("shapes fit");
}

#[divan::bench]
fn tied_forward(bencher: Bencher<'_, '_>) {
    forward(bencher, Tied::new(), 2, &[20]).expect("shapes fit");
}

#[divan::bench]
fn tied_train_sgd(bencher: Bencher<'_, '_>) {
    train(bencher, Tied::new(), Sgd::new(0.1), 2, &[20]).expect("shapes fit");
}

#[divan::bench(args = [64])]
fn lenet_forward(bencher: Bencher<'_, '_>, size: usize) {
    forward(bencher, LeNet::new(), size, &[1, 28, 28]).expect("shapes fit");
}

#[divan::bench(args = [64])]
fn lenet_train_sgd(bencher: Bencher<'_, '_>, size: usize) {
    train(bencher, LeNet::new(), Sgd::new(0.1), size, &[1, 28, 28]).expect("shapes fit");
}
