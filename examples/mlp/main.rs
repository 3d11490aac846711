//! A multilayer perceptron learns handwritten digits: declare, train, save, load.
//!
//! ```text
//! cargo run --release --example mlp
//! cargo run --release --example mlp -- --epochs 20 --data DIR --quick
//! ```
//!
//! `--data` takes a folder with the four files of MNIST or Fashion-MNIST; without it the 5,000
//! digits that ship in `data/mnist` are used.

mod options;
mod picture;

use std::error::Error;

use gluon::autograd::record;
use gluon::data::{DataLoader, Dataset, Mnist};
use gluon::init::Xavier;
use gluon::loss::{Loss, SoftmaxCrossEntropyLoss};
use gluon::metric::{Accuracy, Mean, Metric};
use gluon::nn::Dense;
use gluon::optim::Adam;
use gluon::prelude::*;
use gluon::train::Trainer;
use indicatif::{ProgressBar, ProgressStyle};

#[derive(Block)]
struct Mlp {
    #[new(Dense::new(256).relu())]
    hidden: Dense,
    #[new(Dense::new(10))]
    output: Dense,
}

impl Forward for Mlp {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.apply(&self.hidden)?.apply(&self.output)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = options::Options::from_args()?;
    let digits = Mnist::open(&options.data)?;
    let train = DataLoader::new(digits.train.to_rows()?, 32)?.shuffled(1);
    let test = digits.test.to_rows()?;
    println!("{} digits to learn from, {} held back\n", train.dataset().len(), test.len());

    let mut net = Mlp::new();
    net.initialize_with(Xavier::default())?;
    println!("{}\n", net.tree());
    let loss = SoftmaxCrossEntropyLoss::default();
    let mut trainer = Trainer::new(net.collect_params(), Adam::new(0.002))?;

    for epoch in 0..options.epochs {
        let bar = ProgressBar::new(train.n_batches(epoch) as u64);
        bar.set_style(ProgressStyle::with_template("{prefix} {bar:40} {pos}/{len}")?);
        bar.set_prefix(format!("epoch {epoch:>2}"));
        let (mut mean_loss, mut learned) = (Mean::new(), Accuracy::new());
        for batch in bar.wrap_iter(train.epoch(epoch)) {
            let (x, label) = batch?;
            let (prediction, error) = record(|| -> Result<_> {
                let prediction = net.forward(&x)?;
                let error = loss.forward(&prediction, &label)?;
                Ok((prediction, error))
            })?;
            error.backward()?;
            trainer.step(x.shape()[0])?;
            mean_loss.update(&error);
            learned.update(&prediction, &label)?;
        }
        bar.finish_and_clear();
        let held_back = accuracy(&net, test.features(), test.labels())?;
        println!(
            "epoch {epoch:>2}: loss {:.4}, accuracy {:.4}, on held-back digits {held_back:.4}",
            mean_loss.value(),
            learned.value(),
        );
    }

    println!("\nparameters:");
    for parameter in &net.collect_params() {
        println!("  {:<20} {:<15} {}", parameter.name(), parameter.path(), parameter.shape());
    }

    let folder = options.output()?;
    let file = folder.join("mlp.params");
    net.save_parameters(&file)?;
    let mut loaded = Mlp::new();
    loaded.load_parameters(&file)?;
    let prediction = net.forward(test.features())?;
    assert_eq!(loaded.forward(test.features())?, prediction);
    println!("\nsaved to {} and loaded into a second net: equal outputs", file.display());

    let drawing = folder.join("mlp.svg");
    picture::draw(&drawing, test.features(), &prediction, test.labels())?;
    println!("some held-back digits and what the net takes them for: {}", drawing.display());

    let reached = accuracy(&net, test.features(), test.labels())?;
    let wanted = options.wanted_accuracy();
    assert!(reached >= wanted, "accuracy {reached:.4} on held-back digits, expected {wanted}");
    Ok(())
}

/// The share of `x` that `net` puts in the right class.
fn accuracy(net: &Mlp, x: &Tensor, label: &Tensor) -> Result<f64> {
    let mut accuracy = Accuracy::new();
    accuracy.update(&net.forward(x)?, label)?;
    Ok(accuracy.value())
}
