//! Regression on a table: how far does a car go on a gallon?
//!
//! Reads a CSV file, scales columns, trains with early stopping, and compares with the best linear
//! model that the same loop finds. Learning curves are drawn.
//!
//! ```text
//! cargo run --release --example cars [-- --quick]
//! ```

use std::error::Error;
use std::path::PathBuf;

use gluon::data::{ArrayDataset, DataLoader, Dataset, Subset, Table};
use gluon::loss::L2Loss;
use gluon::metric::Rmse;
use gluon::nn::{Dense, Sequential};
use gluon::optim::Adam;
use gluon::prelude::*;
use gluon::train::{Fit, History, Trainer};

const NUMBERS: [&str; 6] =
    ["cylinders", "displacement", "horsepower", "weight", "acceleration", "year"];

fn main() -> Result<(), Box<dyn Error>> {
    let quick = std::env::args().any(|arg| arg == "--quick");
    let table = Table::open(concat!(env!("CARGO_MANIFEST_DIR"), "/data/autompg/autompg.csv"))?;
    let (origin, origins) = table.classes("origin")?;
    let numbers = table.numbers(&NUMBERS)?;
    let features = Tensor::concat(&[&standardized(&numbers)?, &origin.one_hot(origins.len())?], 1)?;
    let mpg = table.numbers(&["mpg"])?;
    println!("{} cars, {} features each", features.shape()[0], features.shape()[1]);

    let cars = ArrayDataset::new(features, mpg)?;
    let (training, held_back) = cars.split(312, 1)?;
    let epochs = if quick { 60 } else { 300 };
    let (linear, _) = fit(sequential![Dense::new(1)], 0.2, epochs, &training, &held_back)?;
    let net = sequential![Dense::new(32).relu(), Dense::new(32).relu(), Dense::new(1)];
    let (error, history) = fit(net, 0.005, epochs, &training, &held_back)?;
    println!("error on held-back cars, miles a gallon: {error:.2}; of a linear model: {linear:.2}");

    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/cars"));
    std::fs::create_dir_all(&folder)?;
    history.picture().save(folder.join("curves.svg"))?;
    println!("learning curves: {}", folder.join("curves.svg").display());
    assert!(error < 0.95 * linear, "the net is hardly better than a linear model");
    Ok(())
}

/// Columns less their means, in units of their standard deviations.
fn standardized(x: &Tensor) -> Result<Tensor> {
    x.sub(&x.mean_axes(&[0], true)?)?.div(&x.std_axes(&[0], true, 0)?)
}

/// Trains `net`; the smallest error on the cars that it has not seen, and how it came about.
fn fit(
    mut net: Sequential,
    rate: f64,
    epochs: u64,
    training: &Subset<ArrayDataset>,
    held_back: &Subset<ArrayDataset>,
) -> Result<(f64, History)> {
    net.initialize()?;
    let mut trainer = Trainer::new(net.collect_params(), Adam::new(rate))?;
    let training = DataLoader::new(training, 32)?.shuffled(1);
    let held_back = DataLoader::new(held_back, 80)?;
    let fit = Fit::new(epochs).with_metric(Rmse::new()).with_patience(50).on_progress(|progress| {
        if progress.finished.is_some() && progress.epoch % 20 == 0 {
            println!("{progress}");
        }
    });
    let history = fit.run(&mut net, &L2Loss::default(), &mut trainer, &training, &held_back)?;
    let best = history.best().and_then(|epoch| epoch.validation.as_ref());
    Ok((best.map_or(f64::NAN, |measures| measures.metrics[0]), history))
}
