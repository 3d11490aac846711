//! One forward pass and one whole train step of two small nets.
//!
//! ```text
//! cargo bench
//! ```
//!
//! `mlp` is 784 → 256 relu → 10, `tied` the net of shared layers 20 → 8 → 8 → 8 → 10 of the chapter
//! on deep learning computation in *Dive into Deep Learning*.

use divan::Bencher;
use gluon::autograd::record;
use gluon::loss::{Loss, SoftmaxCrossEntropyLoss};
use gluon::nn::Dense;
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

/// Inputs from -0.5 to 0.5 and labels for `batch` samples.
fn batch(batch: usize, width: usize) -> Result<(Tensor, Tensor)> {
    let x = Tensor::arange(batch * width).mul(0.618)?;
    let x = x.sub(&x.floor()?)?.sub(0.5)?.reshape([batch, width])?;
    let label = Tensor::from_vec((0..batch).map(|i| (7 * i % 10) as i64).collect(), batch)?;
    Ok((x, label))
}

fn forward(bencher: Bencher<'_, '_>, mut net: impl Layer, size: usize, width: usize) -> Result<()> {
    let (x, _) = batch(size, width)?;
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
    width: usize,
) -> Result<()> {
    let (x, label) = batch(size, width)?;
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
    forward(bencher, Mlp::new(), size, 784).expect("shapes fit");
}

#[divan::bench(args = [1, 32, 256])]
fn mlp_train_sgd(bencher: Bencher<'_, '_>, size: usize) {
    train(bencher, Mlp::new(), Sgd::new(0.1), size, 784).expect("shapes fit");
}

#[divan::bench(args = [256])]
fn mlp_train_adam(bencher: Bencher<'_, '_>, size: usize) {
    train(bencher, Mlp::new(), Adam::new(0.001), size, 784).expect("shapes fit");
}

#[divan::bench]
fn tied_forward(bencher: Bencher<'_, '_>) {
    forward(bencher, Tied::new(), 2, 20).expect("shapes fit");
}

#[divan::bench]
fn tied_train_sgd(bencher: Bencher<'_, '_>) {
    train(bencher, Tied::new(), Sgd::new(0.1), 2, 20).expect("shapes fit");
}
