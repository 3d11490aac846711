//! Language models of letters: a recurrent net and a transformer read *Around the World in Eighty
//! Days* and go on writing.
//!
//! ```text
//! cargo run --release --example book -- lstm [--quick]
//! cargo run --release --example book -- transformer [--quick]
//! ```
//!
//! Both are measured on the last tenth of the book, which they have not read, against counts of
//! pairs of letters.

mod bigram;
mod corpus;
mod lstm;
mod transformer;

use std::error::Error;
use std::path::PathBuf;

use gluon::data::DataLoader;
use gluon::init::Xavier;
use gluon::loss::SoftmaxCrossEntropyLoss;
use gluon::metric::Perplexity;
use gluon::optim::AdamW;
use gluon::optim::schedule::OneCycle;
use gluon::prelude::*;
use gluon::random::Generator;
use gluon::train::{Fit, Trainer};

use corpus::Corpus;

/// How many letters a model sees at once.
const WINDOW: usize = 64;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    let quick = has("--quick");
    let book =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/data/text/eighty_days.txt"))?;
    let corpus = Corpus::new(&book);
    let counts = bigram::perplexity(&corpus);
    println!("{} letters of {} kinds", corpus.len(), corpus.kinds());
    println!("perplexity of counted pairs on the last tenth: {counts:.2}\n");

    let reached = if has("transformer") {
        let net = transformer::Transformer::new(corpus.kinds(), WINDOW);
        train(net, &corpus, 0.004, if quick { 2 } else { 12 }, "transformer")?
    } else if has("lstm") {
        let net = lstm::Recurrent::new(corpus.kinds());
        train(net, &corpus, 0.008, if quick { 2 } else { 10 }, "lstm")?
    } else {
        return Err("which one? say `lstm` or `transformer`".into());
    };
    println!("perplexity {reached:.2}, of counted pairs {counts:.2}");
    let share = if quick { 0.8 } else { 0.5 };
    assert!(reached < share * counts, "expected less than {share} of that");
    Ok(())
}

/// Trains a model from `[batch, WINDOW]` letters to scores of the next ones, and lets it write;
/// returns its perplexity on what it has not read.
fn train(
    mut net: impl Block + Forward,
    corpus: &Corpus,
    rate: f64,
    epochs: u64,
    name: &str,
) -> Result<f64, Box<dyn Error>> {
    net.initialize_with(Xavier::default())?;
    println!("{}\n", net.tree());
    let training = DataLoader::new(corpus.training(WINDOW)?, 16)?.shuffled(1);
    let held_back = DataLoader::new(corpus.held_back(WINDOW)?, 64)?;
    let steps = epochs * training.n_batches(0) as u64;
    let optimizer = AdamW::new(rate).weight_decay(0.01);
    let trainer = Trainer::new(net.collect_params(), optimizer)?;
    let mut trainer = trainer.with_schedule(OneCycle::new(steps)).with_max_norm(1.0);

    let fit = Fit::new(epochs).with_metric(Perplexity::new());
    let loss = SoftmaxCrossEntropyLoss::default();
    let history = fit.run(&mut net, &loss, &mut trainer, &training, &held_back)?;
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/book"));
    std::fs::create_dir_all(&folder)?;
    history.picture().save(folder.join(format!("{name}.svg")))?;

    println!("\n{}\n", write(&net, corpus, "Mr. Fogg said, \"", 300)?);
    let last = history.epochs.last().and_then(|epoch| epoch.validation.as_ref());
    Ok(last.map_or(f64::NAN, |measures| measures.metrics[0]))
}

/// `start`, and `count` letters that the model draws one after another.
fn write(net: &dyn Forward, corpus: &Corpus, start: &str, count: usize) -> Result<String> {
    let mut letters = corpus.letters(start);
    let mut generator = Generator::new(7);
    for _ in 0..count {
        let seen = &letters[letters.len().saturating_sub(WINDOW)..];
        let scores = net.forward(&Tensor::from_vec(seen.to_vec(), [1, seen.len()])?)?;
        let last = scores.select(1, seen.len() - 1)?.div(0.7)?; // a little less daring
        let shares = last.softmax()?.to_dtype(DType::F64).to_vec::<f64>()?;
        let mut left = generator.uniform();
        let drawn = shares.iter().position(|share| {
            left -= share;
            left < 0.0
        });
        letters.push(drawn.unwrap_or(0) as i64);
    }
    Ok(corpus.text(&letters))
}
