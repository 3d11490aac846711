//! gluon's side of the comparison with other libraries.

mod measure;
mod nets;
mod operations;
mod sharing;
mod values;

use gluon::autograd::record;
use gluon::data::{ArrayDataset, DataLoader};
use gluon::loss::{Loss, SoftmaxCrossEntropyLoss};
use gluon::optim::{Adam, Optimizer, Sgd};
use gluon::persist::{self, Arrays};
use gluon::prelude::*;
use gluon::train::Trainer;

use measure::Measure;

const MLP: [usize; 3] = [784, 256, 10];
const WIDE: [usize; 4] = [1024, 4096, 4096, 1024];
const DEEP: [usize; 51] = [64; 51];

fn main() -> Result<()> {
    let measure = Measure::from_arguments();
    let mlp = || nets::chain(&MLP);
    for batch in [1, 32, 256] {
        let data = Batch::new(&[batch, 784], 10)?;
        if measure.wants("W1") {
            forward(&measure, "W1", &format!("fwd_b{batch}"), mlp, &data)?;
        }
        if measure.wants("W2") {
            train(&measure, "W2", &format!("train_sgd_b{batch}"), mlp, &data, Sgd::new(0.1))?;
        }
    }
    if measure.wants("W2") {
        let data = Batch::new(&[256, 784], 10)?;
        train(&measure, "W2", "train_adam_b256", mlp, &data, Adam::new(1e-3))?;
    }
    if measure.wants("W3") {
        let data = Batch::new(&[128, 1024], 1024)?;
        both(&measure, "W3", "b128", || nets::chain(&WIDE), &data)?;
    }
    if measure.wants("W4") {
        both(&measure, "W4", "b2", nets::tied, &Batch::new(&[2, 20], 10)?)?;
    }
    if measure.wants("W5") {
        both(&measure, "W5", "b64", nets::lenet, &Batch::new(&[64, 1, 28, 28], 10)?)?;
    }
    if measure.wants("W7") {
        both(&measure, "W7", "b16", || nets::chain(&DEEP), &Batch::new(&[16, 64], 64)?)?;
    }
    if measure.wants("growth") {
        growth(&measure)?;
    }
    if measure.wants("ops") {
        operations::all(&measure)?;
    }
    if measure.wants("chain") {
        chains(&measure)?;
    }
    if measure.wants("shared") {
        let (mlp, tied) = (Batch::new(&[1, 784], 10)?, Batch::new(&[1, 20], 10)?);
        sharing::times(&measure, "mlp_b1", || nets::chain(&MLP), &mlp.x)?;
        sharing::times(&measure, "deep_b1", || nets::chain(&DEEP), &Batch::new(&[1, 64], 64)?.x)?;
        sharing::times(&measure, "tied_b1", nets::tied, &tied.x)?;
    }
    if measure.wants("W6") {
        files(&measure)?;
    }
    if measure.wants("W8") {
        epoch(&measure)?;
    }
    Ok(())
}

/// One batch and its labels.
struct Batch {
    x: Tensor,
    labels: Tensor,
}

impl Batch {
    fn new(shape: &[usize], classes: usize) -> Result<Batch> {
        let x = Tensor::from_vec(values::input(shape.iter().product()), Shape::new(shape))?;
        let labels = Tensor::from_vec(values::labels(shape[0], classes), shape[0])?;
        Ok(Batch { x, labels })
    }
}

fn both<N: Layer>(
    measure: &Measure,
    workload: &str,
    variant: &str,
    net: impl Fn() -> Result<N>,
    data: &Batch,
) -> Result<()> {
    forward(measure, workload, &format!("fwd_{variant}"), &net, data)?;
    train(measure, workload, &format!("train_{variant}"), net, data, Sgd::new(0.1))
}

fn forward<N: Layer>(
    measure: &Measure,
    workload: &str,
    variant: &str,
    net: impl Fn() -> Result<N>,
    data: &Batch,
) -> Result<()> {
    if measure.wants_variant(variant) {
        let net = net()?;
        measure.time(workload, variant, || net.forward(&data.x));
    }
    Ok(())
}

/// Ten steps, of which the loss is told and the memory, the net's included; then as many as there is
/// time for.
fn train<N: Layer>(
    measure: &Measure,
    workload: &str,
    variant: &str,
    net: impl Fn() -> Result<N>,
    data: &Batch,
    optimizer: impl Optimizer + Copy + 'static,
) -> Result<()> {
    if !measure.wants_variant(variant) {
        return Ok(());
    }
    // Loads code, which is not to be counted.
    new_step(nets::lenet()?, &Batch::new(&[1, 1, 28, 28], 10)?, optimizer)?()?;
    let before = measure::resident();
    let mut step = new_step(net()?, data, optimizer)?;
    let ten = || (1..10).try_for_each(|_| step().map(drop)).and_then(|()| step());
    let loss10 = measure.memory(workload, variant, before, ten)?.mean()?.item()?;
    measure.print(workload, variant, "loss10", loss10, "nats");
    measure.time(workload, variant, || step().map(drop));
    Ok(())
}

/// A training step on one batch, which gives its loss.
fn new_step(
    net: impl Layer,
    data: &Batch,
    optimizer: impl Optimizer + 'static,
) -> Result<impl FnMut() -> Result<Tensor>> {
    let mut trainer = Trainer::new(net.collect_params(), optimizer)?;
    let loss = SoftmaxCrossEntropyLoss::default();
    Ok(move || {
        let loss = record(|| loss.forward(&net.forward(&data.x)?, &data.labels))?;
        loss.backward()?;
        trainer.step(data.x.shape()[0])?;
        Ok(loss)
    })
}

/// How time grows with the batch, with the width of two layers, and with the number of layers.
fn growth(measure: &Measure) -> Result<()> {
    for batch in [1, 4, 16, 64, 256, 1024] {
        let data = Batch::new(&[batch, 784], 10)?;
        both(measure, "growth", &format!("batch{batch}"), || nets::chain(&MLP), &data)?;
    }
    for width in [32, 64, 128, 256, 512, 1024, 2048] {
        let data = Batch::new(&[32, width], width)?;
        both(measure, "growth", &format!("width{width}"), || nets::chain(&[width; 3]), &data)?;
    }
    for depth in [1, 4, 16, 64] {
        let data = Batch::new(&[16, 64], 64)?;
        let net = || nets::chain(&vec![64; depth + 1]);
        both(measure, "growth", &format!("depth{depth}"), net, &data)?;
    }
    Ok(())
}

/// Words: widths and batch of a chain of dense layers, such as `784-256-10/4`.
fn chains(measure: &Measure) -> Result<()> {
    for word in &measure.words {
        let Some((widths, batch)) = chain_of(word) else {
            panic!("a chain is told by a word like 784-256-10/4, not {word}");
        };
        let data = Batch::new(&[batch, widths[0]], widths[widths.len() - 1])?;
        both(measure, "chain", word, || nets::chain(&widths), &data)?;
    }
    Ok(())
}

fn chain_of(word: &str) -> Option<(Vec<usize>, usize)> {
    let (widths, batch) = word.split_once('/')?;
    let widths = widths.split('-').map(|width| width.parse().ok()).collect::<Option<_>>()?;
    Some((widths, batch.parse().ok()?))
}

/// Words: `save` or `load`, `big` or `small`, the extension of the file; `gluon_model` is `.gluon`
/// from and into the model that is there.
fn files(measure: &Measure) -> Result<()> {
    let [operation, size, kind] = measure.words.as_slice() else {
        panic!("W6 needs three words: save or load, big or small, a format");
    };
    let (count, edge) = if size == "big" { (25, 1000) } else { (1000, 16) };
    let model = kind.strip_suffix("_model");
    let path = format!("{}/{size}-{kind}.{}", measure.directory, model.unwrap_or(kind));
    let variant = format!("{operation}_{size}_{kind}");
    let net = || nets::square(count as usize, edge);
    match (operation.as_str(), model) {
        ("save", Some(_)) => {
            let net = net()?;
            let _ = std::fs::remove_file(&path);
            measure.once("W6", &variant, || net.save_parameters(&path))
        }
        ("save", None) => {
            let array =
                |t: u32| Tensor::from_vec(values::weight(t, edge * edge, edge), [edge, edge]);
            let named = |t| Ok((format!("layer{t}.weight"), array(t)?));
            let tensors = (0..count).map(named).collect::<Result<Vec<_>>>()?;
            let arrays = || tensors.iter().map(|(name, tensor)| (name, tensor)).collect::<Arrays>();
            let _ = std::fs::remove_file(&path);
            measure.once("W6", &variant, || persist::save(&path, arrays()))
        }
        (_, Some(_)) => {
            let mut net = net()?;
            measure.once("W6", &variant, || net.load_parameters(&path)).map(drop)
        }
        (_, None) => {
            let load = || persist::load(&path)?.into_dict();
            let arrays = measure.once("W6", &variant, load)?;
            assert_eq!(arrays.len(), count as usize);
            Ok(())
        }
    }
}

fn epoch(measure: &Measure) -> Result<()> {
    let samples = 60_000;
    let Batch { x, labels } = Batch::new(&[samples, 784], 10)?;
    let net = nets::chain(&MLP)?;
    let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.1))?;
    let loss = SoftmaxCrossEntropyLoss::default();
    let data = ArrayDataset::new(x, labels)?;
    let loader = DataLoader::new(&data, 256)?.shuffled(0);
    let sum = measure.once("W8", "epoch", || -> Result<f64> {
        let mut sum = 0.0;
        for batch in loader.epoch(0) {
            let (x, label) = batch?;
            let loss = record(|| loss.forward(&net.forward(&x)?, &label))?;
            loss.backward()?;
            trainer.step(x.shape()[0])?;
            sum += loss.mean()?.item()?;
        }
        Ok(sum)
    })?;
    measure.print("W8", "epoch", "loss_mean", sum / 235.0, "nats");
    Ok(())
}
