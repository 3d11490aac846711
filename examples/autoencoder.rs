//! An autoencoder presses digits into 16 numbers and draws them from those again.
//!
//! ```text
//! cargo run --release --example autoencoder [-- --quick]
//! ```

use std::error::Error;
use std::path::PathBuf;

use gluon::data::{ArrayDataset, DataLoader, Mnist};
use gluon::init::Xavier;
use gluon::loss::SigmoidBinaryCrossEntropyLoss;
use gluon::metric::Mean;
use gluon::nn::{Dense, Sequential};
use gluon::optim::AdamW;
use gluon::optim::schedule::OneCycle;
use gluon::picture::Picture;
use gluon::prelude::*;
use gluon::train::{Fit, Trainer};

/// Two halves that are trained as one; the outputs are logits of ink.
#[derive(Block)]
#[block(sequential)]
struct Autoencoder {
    #[new(sequential![Dense::new(256).relu(), Dense::new(16)])]
    encoder: Sequential,
    #[new(sequential![Dense::new(256).relu(), Dense::new(784)])]
    decoder: Sequential,
}

fn main() -> Result<(), Box<dyn Error>> {
    let quick = std::env::args().any(|arg| arg == "--quick");
    let digits = Mnist::open(concat!(env!("CARGO_MANIFEST_DIR"), "/data/mnist"))?;
    let (train, test) = (digits.train.to_rows()?, digits.test.to_rows()?);
    let images =
        |rows: &ArrayDataset| ArrayDataset::new(rows.features().clone(), rows.features().clone());
    let training = DataLoader::new(images(&train)?, 64)?.shuffled(1);
    let held_back = DataLoader::new(images(&test)?, 250)?;

    let epochs = if quick { 5 } else { 40 };
    let steps = epochs * training.n_batches(0) as u64;
    let mut net = Autoencoder::new();
    net.initialize_with(Xavier::default())?;
    let optimizer = AdamW::new(0.004).weight_decay(1e-4);
    let mut trainer =
        Trainer::new(net.collect_params(), optimizer)?.with_schedule(OneCycle::new(steps));
    let loss = SigmoidBinaryCrossEntropyLoss::default();
    let fit = Fit::new(epochs);
    let history = fit.run(&mut net, &loss, &mut trainer, &training, &held_back)?;

    // Against the mean digit, which is all that can be drawn from no numbers at all.
    let pixels = test.features();
    let drawn = net.forward(pixels)?.sigmoid()?;
    let mean = train.features().mean_axes(&[0], true)?;
    let error = |drawn: &Tensor| -> Result<f64> {
        let mut mse = Mean::new();
        mse.update(&pixels.sub(drawn)?.square()?);
        Ok(mse.value())
    };
    let (ours, blind) = (error(&drawn)?, error(&mean)?);
    println!("squared error of a pixel: {ours:.4}, of the mean digit: {blind:.4}");

    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/autoencoder"));
    std::fs::create_dir_all(&folder)?;
    draw(pixels, &drawn)?.save(folder.join("digits.svg"))?;
    history.picture().save(folder.join("curves.svg"))?;
    println!("digits and what is drawn of them: {}", folder.join("digits.svg").display());
    let share = if quick { 0.6 } else { 0.25 };
    assert!(ours < share * blind, "reconstructions are hardly better than the mean digit");
    Ok(())
}

/// Pairs of digits: as they are, and below as they are drawn again.
fn draw(pixels: &Tensor, drawn: &Tensor) -> Result<Picture> {
    const COLUMNS: usize = 12;
    const SIDE: f64 = 48.0;
    let mut picture = Picture::new(SIDE * COLUMNS as f64, 4.0 * SIDE);
    for index in 0..2 * COLUMNS {
        for (row, digits) in [pixels, drawn].into_iter().enumerate() {
            let ink = digits.select(0, index)?.to_vec::<f32>()?;
            let y = SIDE * (2 * (index / COLUMNS) + row) as f64;
            picture.pixels((SIDE * (index % COLUMNS) as f64, y), SIDE / 28.0, 28, &ink);
        }
    }
    Ok(picture)
}
