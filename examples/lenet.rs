//! LeNet: convolutions read handwritten digits.
//!
//! ```text
//! cargo run --release --example lenet [-- --quick]
//! ```
//!
//! Learns 4,000 digits of MNIST, shows which of 1,000 others it mistakes for which, and goes on from
//! its last checkpoint if it was stopped: `--restart` begins anew.
//!
//! # Source
//! LeCun, Bottou, Bengio & Haffner 1998, figure 2, with rectifiers and the largest of four instead
//! of sigmoids and means.

use std::error::Error;
use std::path::PathBuf;

use gluon::data::{ArrayDataset, DataLoader, Mnist};
use gluon::init::Xavier;
use gluon::loss::SoftmaxCrossEntropyLoss;
use gluon::metric::{Accuracy, ConfusionMatrix, Metric};
use gluon::nn::{Conv2d, Dense, MaxPool2d};
use gluon::optim::AdamW;
use gluon::optim::schedule::OneCycle;
use gluon::prelude::*;
use gluon::train::{Fit, Trainer};
use indicatif::{ProgressBar, ProgressStyle};

#[derive(Block)]
#[block(sequential)]
struct LeNet {
    #[new(Conv2d::new(12, 5).padding(2).relu())]
    strokes: Conv2d,
    #[new(MaxPool2d::new(2))]
    half: MaxPool2d,
    #[new(Conv2d::new(32, 5).relu())]
    shapes: Conv2d,
    #[new(MaxPool2d::new(2))]
    quarter: MaxPool2d,
    #[new(Dense::new(120).relu())]
    hidden: Dense,
    #[new(Dense::new(84).relu())]
    narrow: Dense,
    #[new(Dense::new(10))]
    output: Dense,
}

fn main() -> Result<(), Box<dyn Error>> {
    let has = |option: &str| std::env::args().any(|arg| arg == option);
    let quick = has("--quick");
    let digits = Mnist::open(concat!(env!("CARGO_MANIFEST_DIR"), "/data/mnist"))?;
    let (train, test) = (images(&digits.train.to_rows()?)?, images(&digits.test.to_rows()?)?);
    let training = DataLoader::new(train, 50)?.shuffled(1);
    let held_back = DataLoader::new(&test, 250)?;

    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/lenet"));
    if (quick || has("--restart")) && folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let epochs = if quick { 2 } else { 12 };
    let steps = epochs * training.n_batches(0) as u64;
    let mut net = LeNet::new();
    net.initialize_with(Xavier::default())?;
    println!("{}\n", net.tree());
    let optimizer = AdamW::new(0.004).weight_decay(0.01);
    let mut trainer =
        Trainer::new(net.collect_params(), optimizer)?.with_schedule(OneCycle::new(steps));

    let bar = ProgressBar::new(training.n_batches(0) as u64);
    bar.set_style(ProgressStyle::with_template("{bar:30} {msg}")?);
    let fit = Fit::new(epochs).with_metric(Accuracy::new()).with_checkpoints(&folder);
    let fit = fit.on_progress(|progress| match progress.finished {
        Some(_) => bar.suspend(|| println!("{progress}")),
        None => {
            bar.set_position(progress.batch as u64);
            bar.set_message(progress.to_string());
        }
    });
    let loss = SoftmaxCrossEntropyLoss::default();
    fit.run(&mut net, &loss, &mut trainer, &training, &held_back)?;
    bar.finish_and_clear();

    let mut mistakes = ConfusionMatrix::new();
    for batch in held_back.epoch(0) {
        let (x, label) = batch?;
        mistakes.update(&net.forward(&x)?, &label)?;
    }
    println!("\n{mistakes}\naccuracy on held-back digits: {:.4}", mistakes.value());
    mistakes.picture().save(folder.join("mistakes.svg"))?;
    println!("curves, mistakes and checkpoints are in {}", folder.display());
    let wanted = if quick { 0.9 } else { 0.96 };
    assert!(mistakes.value() >= wanted, "expected an accuracy of {wanted}");
    Ok(())
}

/// Rows of pixels as images of one channel.
fn images(rows: &ArrayDataset) -> Result<ArrayDataset> {
    let count = rows.labels().shape()[0];
    ArrayDataset::new(rows.features().reshape([count, 1, 28, 28])?, rows.labels().clone())
}
