//! Tests of the loop.

use super::*;
use crate::autograd::train_mode;
use crate::data::{ArrayDataset, DataLoader, Dataset};
use crate::init::{Initialization, One};
use crate::loss::{L2Loss, SoftmaxCrossEntropyLoss};
use crate::metric::{Accuracy, Mae};
use crate::nn::{Dense, Dropout};
use crate::optim::schedule::{Plateau, WarmUp};
use crate::optim::{Adam, Sgd};

type Loader = DataLoader<crate::data::Subset<ArrayDataset>>;

/// Points on either side of a line, and which side they are on.
fn sides() -> (Loader, Loader) {
    let numbers = (0..120).map(|i| (1.3 * f64::from(i)).sin() as f32).collect();
    let x = Tensor::from_vec::<f32>(numbers, [60, 2]).unwrap();
    let side = x.select(1, 0).unwrap().gt(x.select(1, 1).unwrap()).unwrap();
    let (training, validation) = ArrayDataset::new(x, side).unwrap().split(45, 1).unwrap();
    let training = DataLoader::new(training, 10).unwrap().shuffled(3);
    (training, DataLoader::new(validation, 10).unwrap())
}

fn net() -> (Dense, Trainer) {
    let mut net = Dense::new(2).in_units(2);
    net.initialize_with(Initialization::default().seed(0)).unwrap();
    let trainer = Trainer::new(net.collect_params(), Adam::new(0.05)).unwrap();
    (net, trainer.with_schedule(Plateau::new(0.5).patience(0).threshold(0.9)))
}

fn fit<'f>(epochs: u64) -> Fit<'f> {
    Fit::new(epochs).with_metric(Accuracy::new()).on_progress(|_| ())
}

fn run(fit: Fit<'_>, net: &mut Dense, trainer: &mut Trainer) -> History {
    let (training, validation) = sides();
    let loss = SoftmaxCrossEntropyLoss::default();
    fit.run(net, &loss, trainer, &training, &validation).unwrap()
}

/// What does not depend on the clock.
fn numbers(history: &History) -> Vec<(u64, f64, Measures, Option<Measures>)> {
    let epoch = |e: &Epoch| (e.number, e.rate, e.training.clone(), e.validation.clone());
    history.epochs.iter().map(epoch).collect()
}

/// Against the same loop, written by hand.
#[test]
fn a_fit_is_the_loop_that_one_would_write() {
    let (mut net1, mut trainer1) = net();
    let history = run(fit(3), &mut net1, &mut trainer1);

    let (net2, mut trainer2) = net();
    let ((training, validation), loss) = (sides(), SoftmaxCrossEntropyLoss::default());
    for epoch in 0..3 {
        for batch in training.epoch(epoch) {
            let (x, label) = batch.unwrap();
            let losses = record(|| loss.forward(&net2.forward(&x)?, &label)).unwrap();
            losses.backward().unwrap();
            trainer2.step(x.shape()[0]).unwrap();
        }
        let (mut mean, mut accuracy) = (Mean::new(), Accuracy::new());
        for batch in validation.epoch(0) {
            let (x, label) = batch.unwrap();
            let prediction = net2.forward(&x).unwrap();
            mean.update(&loss.forward(&prediction, &label).unwrap());
            accuracy.update(&prediction, &label).unwrap();
        }
        assert_eq!(history.epochs[epoch as usize].rate, trainer2.learning_rate());
        trainer2.observe(mean.value());
        let measures = Measures { loss: mean.value(), metrics: vec![accuracy.value()] };
        assert_eq!(history.epochs[epoch as usize].validation, Some(measures));
    }
    assert_eq!(net1.weight.data().unwrap(), net2.weight.data().unwrap());
    assert!(history.epochs[2].rate < 0.05);
    assert_eq!((history.metrics, history.epochs.len()), (vec!["accuracy".to_owned()], 3));
}

#[test]
fn validation_predicts_whatever_the_mode_around_it() {
    let validated = |mode: &dyn Fn(&mut dyn FnMut())| {
        let mut net = crate::sequential![Dropout::new(0.5), Dense::new(2).in_units(2)];
        net.initialize_with(Initialization::default().seed(0)).unwrap();
        let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.0)).unwrap();
        let ((training, validation), loss) = (sides(), SoftmaxCrossEntropyLoss::default());
        let mut history = None;
        mode(&mut || {
            let run = fit(1).run(&mut net, &loss, &mut trainer, &training, &validation);
            history = Some(run.unwrap());
        });
        history.unwrap().epochs.remove(0).validation
    };
    let expected = validated(&|run| run());
    assert_eq!(validated(&|run| train_mode(run)), expected);
    assert_eq!(validated(&|run| record(run)), expected);
}

#[test]
fn progress_tells_of_every_batch_and_every_epoch() {
    let mut lines = Vec::new();
    let (mut net, mut trainer) = net();
    let fit = fit(2).on_progress(|progress| lines.push(progress.to_string()));
    run(fit, &mut net, &mut trainer);
    assert_eq!(lines.len(), 2 * (5 + 1));
    assert!(lines[0].starts_with("epoch   0, 1/5: loss "), "{}", lines[0]);
    assert!(lines[5].starts_with("epoch   0: loss ") && lines[5].contains("| validation: loss "));
    assert!(lines.iter().all(|line| line.contains("accuracy ") && line.ends_with(" left")));
    assert!(lines.iter().all(|line| line.contains(" | rate 5.000e-2, ")), "{}", lines[0]);
}

/// That of its last step, where a schedule goes by steps.
#[test]
fn an_epoch_has_the_rate_that_it_ended_with() {
    let (mut net, _) = net();
    let trainer = Trainer::new(net.collect_params(), Sgd::new(1.0)).unwrap();
    let mut trainer = trainer.with_schedule(WarmUp::new(100, Plateau::new(0.5)));
    let mut rates = Vec::new();
    let fit = fit(2).on_progress(|progress| rates.push(progress.rate));
    let history = run(fit, &mut net, &mut trainer);
    assert_eq!(history.epochs.iter().map(|epoch| epoch.rate).collect::<Vec<_>>(), [0.05, 0.1]);
    let expected = [1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10, 10].map(|step| f64::from(step) / 100.0);
    assert_eq!(rates, expected);
}

#[test]
fn validation_is_of_all_of_its_samples_and_of_nothing_else() {
    let mut net = Dense::new(1).in_units(1);
    net.initialize_with(One).unwrap();
    let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.0)).unwrap();
    let x = Tensor::arange(4).reshape([4, 1]).unwrap();
    let loader = |x: Tensor, label: Tensor| {
        DataLoader::new(ArrayDataset::new(x, label).unwrap(), 2).unwrap()
    };
    let training = loader(x.clone(), x.sub(7.0).unwrap());
    let one = x.slice(0, 3..).unwrap();
    for (x, expected) in [(x, 1.5), (one, 3.0)] {
        let fit = Fit::new(2).with_metric(Mae::new()).on_progress(|_| ());
        let validation = loader(x.clone(), x.zeros_like());
        let loss = L2Loss::default();
        let history = fit.run(&mut net, &loss, &mut trainer, &training, &validation).unwrap();
        for epoch in &history.epochs {
            let validation = epoch.validation.as_ref().unwrap();
            assert_eq!((epoch.training.metrics[0], validation.metrics[0]), (7.0, expected));
        }
    }
}

#[test]
fn without_validation_metrics_at_the_end_are_those_of_training() {
    let mut last = None;
    let (mut net, mut trainer) = net();
    let fit = fit(1).on_progress(|progress| {
        let training = progress.finished.map(|epoch| epoch.training.metrics[0]);
        last = training.map(|training| (progress.metrics[0].value(), training));
    });
    let loss = SoftmaxCrossEntropyLoss::default();
    fit.run(&mut net, &loss, &mut trainer, &sides().0, &()).unwrap();
    let (shown, training) = last.unwrap();
    assert_eq!(shown, training);
}

#[test]
fn patience_ends_training_and_the_best_epoch_is_known() {
    // A rate of 0 never gets better than the first epoch.
    let mut net = Dense::new(1).in_units(1);
    net.initialize().unwrap();
    let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.0)).unwrap();
    let x = Tensor::arange(4).reshape([4, 1]).unwrap();
    let data = DataLoader::new(ArrayDataset::new(x.clone(), x).unwrap(), 2).unwrap();
    let fit = Fit::new(50).with_metric(Mae::new()).with_patience(3).on_progress(|_| ());
    let history = fit.run(&mut net, &L2Loss::default(), &mut trainer, &data, &()).unwrap();
    assert_eq!((history.epochs.len(), history.best), (4, Some(0)));
    assert!(history.epochs.iter().all(|epoch| epoch.validation.is_none()));
}

/// The values of an epoch are those that a run of so many epochs ends with.
#[test]
fn the_best_epoch_comes_back() {
    // Too high a rate: each epoch is worse than the one before.
    let start = || {
        let net = Dense::new(1).in_units(1);
        net.weight.set_data(&Tensor::from([[1.5]])).unwrap();
        net.bias.as_ref().unwrap().set_data(&Tensor::from([0.0])).unwrap();
        let trainer = Trainer::new(net.collect_params(), Sgd::new(3.0)).unwrap();
        (net, trainer)
    };
    let x = Tensor::arange(4).reshape([4, 1]).unwrap();
    let data = DataLoader::new(ArrayDataset::new(x.clone(), x).unwrap(), 2).unwrap();
    let run = |fit: Fit<'_>, net: &mut Dense, trainer: &mut Trainer| {
        let fit = fit.on_progress(|_| ());
        fit.run(net, &L2Loss::default(), trainer, &data, &data).unwrap()
    };
    let ((mut first, mut trainer), (mut net, mut trainer2)) = (start(), start());
    run(Fit::new(1), &mut first, &mut trainer);
    let history = run(Fit::new(4).restoring_best(), &mut net, &mut trainer2);
    assert_eq!((history.epochs.len(), history.best), (4, Some(0)));
    assert_eq!(net.weight.data().unwrap(), first.weight.data().unwrap());
    assert_eq!(trainer2.n_steps(), 8);

    #[cfg(feature = "checkpoint")]
    {
        // An earlier run had it, and the last one has nothing left to do.
        let folder = tempfile::tempdir().unwrap();
        let fit = |epochs| Fit::new(epochs).with_checkpoints(folder.path());
        for (epochs, restores) in [(1, false), (4, true), (4, true)] {
            let (mut net, mut trainer) = start();
            let fit = if restores { fit(epochs).restoring_best() } else { fit(epochs) };
            run(fit, &mut net, &mut trainer);
            assert_eq!(net.weight.data().unwrap(), first.weight.data().unwrap());
            assert_eq!(trainer.n_steps(), 2 * epochs);
        }
        let (mut net, mut trainer) = start();
        run(fit(4), &mut net, &mut trainer);
        assert_ne!(net.weight.data().unwrap(), first.weight.data().unwrap());
    }
}

/// Not a number in the first epoch, then less and less.
#[derive(Default)]
struct Late {
    resets: u32,
}

impl std::fmt::Display for Late {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.value())
    }
}

impl Metric for Late {
    fn name(&self) -> &str {
        "late"
    }

    fn update(&mut self, _: &Tensor, _: &Tensor) -> Result<()> {
        Ok(())
    }

    fn value(&self) -> f64 {
        if self.resets <= 2 { f64::NAN } else { -f64::from(self.resets) }
    }

    fn reset(&mut self) {
        self.resets += 1;
    }
}

#[test]
fn no_patience_waits_for_the_first_epoch_that_is_no_better() {
    let fit = Fit::new(9).with_patience(0);
    let measures = Measures { loss: 1.0, metrics: Vec::new() };
    let epoch = Epoch { number: 0, rate: 0.1, training: measures, validation: None, seconds: 0.0 };
    let mut history = History::default();
    assert!(!fit.is_over(&history));
    (history.best, history.epochs) = (Some(0), vec![epoch.clone()]);
    assert!(!fit.is_over(&history));
    history.epochs.push(epoch);
    assert!(fit.is_over(&history) && !Fit::new(9).with_patience(2).is_over(&history));
}

#[test]
fn an_epoch_is_better_by_its_first_metric_or_else_by_its_loss() {
    let epoch = |loss, metric| {
        let training = Measures { loss, metrics: vec![metric] };
        Epoch { number: 0, rate: 0.1, training, validation: None, seconds: 0.0 }
    };
    let by_loss = (Fit::new(1), epoch(1.0, 1.0), epoch(2.0, 2.0));
    let by_error = (Fit::new(1).with_metric(Mae::new()), epoch(2.0, 1.0), epoch(1.0, 2.0));
    let by_accuracy = (Fit::new(1).with_metric(Accuracy::new()), epoch(2.0, 2.0), epoch(1.0, 1.0));
    for (fit, better, worse) in [by_loss, by_error, by_accuracy] {
        assert!(fit.is_better(&better, &worse));
        assert!(!fit.is_better(&worse, &better) && !fit.is_better(&better, &better));
        let none = epoch(f64::NAN, f64::NAN);
        assert!(fit.is_better(&worse, &none));
        assert!(!fit.is_better(&none, &worse) && !fit.is_better(&none, &none));
    }
}

#[test]
fn a_number_is_better_than_none() {
    let (mut net, mut trainer) = net();
    let fit = Fit::new(3).with_metric(Late::default()).on_progress(|_| ());
    assert_eq!(run(fit, &mut net, &mut trainer).best, Some(1));
}

#[test]
fn a_loss_that_is_not_finite_stops_before_the_step() {
    let mut net = Dense::new(1).in_units(1);
    net.initialize().unwrap();
    let before = net.weight.data().unwrap();
    let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.1)).unwrap();
    let x = Tensor::from([[f32::INFINITY]]);
    let data = DataLoader::new(ArrayDataset::new(x.clone(), x).unwrap(), 1).unwrap();
    let error = fit(1).run(&mut net, &L2Loss::default(), &mut trainer, &data, &()).unwrap_err();
    assert!(error.to_string().starts_with("epoch 0, batch 0: expected a finite loss, found"));
    assert_eq!(net.weight.data().unwrap(), before);
}

#[cfg(feature = "checkpoint")]
#[test]
fn a_stopped_fit_goes_on_bit_by_bit() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("run");
    let (mut straight, mut trainer) = net();
    let whole = run(fit(6), &mut straight, &mut trainer);

    let (mut first, mut trainer) = net();
    run(fit(2).with_checkpoints(&folder), &mut first, &mut trainer);
    let (mut second, mut trainer) = net();
    let history = run(fit(6).with_checkpoints(&folder), &mut second, &mut trainer);
    assert_eq!(numbers(&history), numbers(&whole));
    assert_eq!(second.weight.data().unwrap(), straight.weight.data().unwrap());
    assert_eq!(history.best, whole.best);

    let best = Checkpoint::open(folder.join("best.gluon")).unwrap();
    assert_eq!(best.step(), 5 * (whole.best.unwrap() + 1));
    let csv = std::fs::read_to_string(folder.join("history.csv")).unwrap();
    assert_eq!((csv.lines().count(), csv.matches(",accuracy,").count()), (7, 1));
    // What was lost comes back, also if nothing is left to do.
    let files = ["history.csv", "history.svg"].map(|name| folder.join(name));
    files.iter().for_each(|file| std::fs::remove_file(file).unwrap());
    run(fit(6).with_checkpoints(&folder), &mut second, &mut trainer);
    assert_eq!(std::fs::read_to_string(&files[0]).unwrap(), csv);
    assert!(files[1].exists());

    // Of other metrics: nothing is taken over.
    let (mut other, mut trainer) = net();
    let before = other.weight.data().unwrap();
    let (training, validation) = sides();
    let fit = Fit::new(7).with_checkpoints(&folder).on_progress(|_| ());
    let loss = SoftmaxCrossEntropyLoss::default();
    let error = fit.run(&mut other, &loss, &mut trainer, &training, &validation).unwrap_err();
    assert!(error.to_string().contains("expected a history of the metrics []"), "{error}");
    assert_eq!(other.weight.data().unwrap(), before);
}

#[cfg(feature = "checkpoint")]
#[test]
fn a_folder_that_does_not_serve_is_known_before_training() {
    let folder = tempfile::tempdir().unwrap();
    let start = |folder: &Path| {
        let (mut net, mut trainer) = net();
        let fit = fit(1).with_checkpoints(folder);
        let loss = SoftmaxCrossEntropyLoss::default();
        let error = fit.run(&mut net, &loss, &mut trainer, &sides().0, &()).unwrap_err();
        assert_eq!(trainer.n_steps(), 0);
        error.to_string()
    };
    // A loop of one's own, which keeps a history of its own.
    let (net, trainer) = net();
    let own = Checkpoint::new(&net).unwrap().with_trainer(&trainer).with("history", &1).unwrap();
    own.save(folder.path().join("last.gluon")).unwrap();
    let last = folder.path().join("last.gluon");
    let other = format!("in `{}`; take another folder", last.display());
    assert_eq!(
        start(folder.path()),
        format!("the trainer expected the history of a `Fit`, found none {other}")
    );
    // Training by another optimizer.
    let (mut net, _) = self::net();
    let mut sgd = Trainer::new(net.collect_params(), Sgd::new(0.1).momentum(0.9)).unwrap();
    std::fs::remove_file(&last).unwrap();
    let loss = SoftmaxCrossEntropyLoss::default();
    let fit = fit(1).with_checkpoints(folder.path());
    fit.run(&mut net, &loss, &mut sgd, &sides().0, &()).unwrap();
    let adam = start(folder.path());
    assert!(
        adam.starts_with("the trainer expected the state of ") && adam.ends_with(&other),
        "{adam}"
    );
    let below_a_file = folder.path().join("last.gluon").join("run");
    assert!(start(&below_a_file).starts_with("cannot create `"));
}

#[test]
fn training_needs_a_batch() {
    let (mut net, mut trainer) = net();
    let loss = SoftmaxCrossEntropyLoss::default();
    let error = fit(1).run(&mut net, &loss, &mut trainer, &(), &sides().1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`Fit::run` expected `training` to be at least one batch in every epoch, found none in \
         epoch 0"
    );
}
