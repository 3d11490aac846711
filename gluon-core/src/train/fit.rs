//! Fit: a loop of training, for those who want one.

mod progress;
#[cfg(test)]
mod tests;

#[cfg(feature = "checkpoint")]
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::history::{Epoch, History, Measures};
use super::trainer::Trainer;
use crate::autograd::{pause, record};
use crate::block::{Block, Forward};
use crate::data::Epochs;
use crate::error::{Error, Result};
use crate::loss::Loss;
use crate::metric::{Mean, Metric};
use crate::parameter::{Entry, Parameter, Snapshot};
#[cfg(feature = "checkpoint")]
use crate::persist::{Persist, atomic};
use crate::tensor::Tensor;
#[cfg(feature = "checkpoint")]
use crate::train::Checkpoint;

use progress::Clock;
pub use progress::Progress;

/// A loop of training: epochs of steps, each followed by validation.
///
/// Progress goes to the standard error as a line for each epoch, unless
/// [`on_progress`](Fit::on_progress) takes it.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::data::{ArrayDataset, DataLoader, Dataset};
/// use gluon::{Block, Tensor, loss::L2Loss, metric::Mae, nn::Dense, optim::Adam};
/// use gluon::train::{Fit, Trainer};
///
/// let x = Tensor::arange(64).div(32.0)?.reshape([64, 1])?;
/// let y = x.mul(3.0)?.sub(1.0)?;
/// let (training, validation) = ArrayDataset::new(x, y)?.split(48, 1)?;
/// let training = DataLoader::new(training, 16)?.shuffled(1);
/// let validation = DataLoader::new(validation, 16)?;
///
/// let mut net = Dense::new(1);
/// net.initialize()?;
/// let mut trainer = Trainer::new(net.collect_params(), Adam::new(0.1))?;
/// let fit = Fit::new(100).with_metric(Mae::new()).with_patience(20).on_progress(|_| ());
/// let history = fit.run(&mut net, &L2Loss::default(), &mut trainer, &training, &validation)?;
/// assert!(history.best().unwrap().validation.as_ref().unwrap().metrics[0] < 0.05);
/// # Ok::<(), gluon::Error>(())
/// ```
pub struct Fit<'f> {
    epochs: u64,
    metrics: Vec<Box<dyn Metric + 'f>>,
    patience: Option<u64>,
    restores_best: bool,
    #[cfg(feature = "checkpoint")]
    folder: Option<PathBuf>,
    report: Box<dyn FnMut(&Progress<'_>) + 'f>,
}

impl<'f> Fit<'f> {
    /// A loop over `epochs` epochs.
    pub fn new(epochs: u64) -> Fit<'f> {
        Fit {
            epochs,
            metrics: Vec::new(),
            patience: None,
            restores_best: false,
            #[cfg(feature = "checkpoint")]
            folder: None,
            report: Box::new(progress::lines),
        }
    }

    /// Measures this too, in training and in validation. The first metric decides which epoch is
    /// the best; without one, the loss does.
    pub fn with_metric(mut self, metric: impl Metric + 'f) -> Fit<'f> {
        self.metrics.push(Box::new(metric));
        self
    }

    /// Stops early, once `epochs` epochs in a row, at least one, have not been better than the best
    /// before them; by default it never does.
    pub fn with_patience(self, epochs: u64) -> Fit<'f> {
        Fit { patience: Some(epochs), ..self }
    }

    /// Gives the model the values of the best epoch in the end; by default it has those of the last.
    ///
    /// Optimizer and schedule stay where they are, and `last.gluon` holds the last epoch all the same.
    pub fn restoring_best(self) -> Fit<'f> {
        Fit { restores_best: true, ..self }
    }

    /// Keeps checkpoints in `folder`: `last.gluon` after each epoch, `best.gluon` after the best;
    /// and the history in `history.csv` and `history.svg`.
    ///
    /// If there is a `last.gluon` already, training goes on from there as if it had never stopped:
    /// with the learning rate that it had, and with nothing left to do if its epochs are done. Model,
    /// optimizer, schedule and data must be made as before; another run takes another folder.
    #[cfg(feature = "checkpoint")]
    pub fn with_checkpoints(self, folder: impl AsRef<Path>) -> Fit<'f> {
        Fit { folder: Some(folder.as_ref().to_path_buf()), ..self }
    }

    /// Gives progress to `report` after each batch and each epoch, instead of the standard error.
    pub fn on_progress(self, report: impl FnMut(&Progress<'_>) + 'f) -> Fit<'f> {
        Fit { report: Box::new(report), ..self }
    }

    /// Trains `net` and tells how it went.
    ///
    /// Batches are features and labels; `validation` may be `&()`, which has none, and training
    /// itself then decides which epoch is the best. The trainer's schedule
    /// [observes](Trainer::observe) the loss of each epoch: that of validation if there is one.
    ///
    /// # Errors
    /// What model, loss, metrics, data, trainer and checkpoints return; [`Error::Diverged`] if a
    /// loss is not finite, before the step that it would spoil; [`Error::BadArgument`] if an epoch
    /// of `training` has no batch.
    pub fn run<M, T, V>(
        mut self,
        net: &mut M,
        loss: &dyn Loss,
        trainer: &mut Trainer,
        training: &T,
        validation: &V,
    ) -> Result<History>
    where
        M: Block + Forward,
        T: Epochs<Batch = (Tensor, Tensor)>,
        V: Epochs<Batch = (Tensor, Tensor)>,
    {
        let mut history = self.begin(net, trainer)?;
        let first = history.epochs.len() as u64;
        let clock = Clock { start: Instant::now(), first, end: self.epochs };
        let mut best = Vec::new();
        for number in first..self.epochs {
            if self.is_over(&history) {
                break;
            }
            let begun = Instant::now();
            let (measured, rate) = self.train(net, loss, trainer, training, number, &clock)?;
            let validation = self.validate(net, loss, validation, number)?;
            let seconds = begun.elapsed().as_secs_f64();
            let epoch = Epoch { number, rate, training: measured, validation, seconds };
            trainer.observe(epoch.decisive().loss);
            let better = history.best().is_none_or(|best| self.is_better(&epoch, best));
            if better {
                history.best = Some(number);
                if self.restores_best {
                    let keep =
                        |entry: &Entry| (entry.parameter().share(), entry.parameter().snapshot());
                    best = net.collect_params().iter().map(keep).collect();
                }
            }
            history.epochs.push(epoch.clone());
            self.keep(net, trainer, &history, better)?;
            let n_batches = training.n_batches(number);
            (self.report)(&Progress {
                epoch: number,
                epochs: self.epochs,
                batch: n_batches,
                n_batches,
                loss: epoch.training.loss,
                metrics: &self.metrics,
                rate,
                left: clock.left((number + 1) as f64),
                finished: Some(&epoch),
            });
        }
        if self.restores_best {
            self.restore(net, &best, &history)?;
        }
        Ok(history)
    }

    /// Puts back the values of the best epoch: those in `best`, or in the folder if an earlier run
    /// had that epoch.
    #[cfg_attr(not(feature = "checkpoint"), allow(unused_variables))]
    fn restore<M: Block>(
        &self,
        net: &mut M,
        best: &[(Parameter, Snapshot)],
        history: &History,
    ) -> Result<()> {
        #[cfg(feature = "checkpoint")]
        if let (true, Some(_), Some(folder)) = (best.is_empty(), history.best, &self.folder) {
            net.load_parameters(folder.join("best.gluon"))?;
        }
        best.iter().for_each(|(parameter, snapshot)| parameter.restore(snapshot));
        Ok(())
    }

    /// The steps of an epoch; loss and metrics as they were on the way, and the last rate.
    fn train<M, T>(
        &mut self,
        net: &M,
        loss: &dyn Loss,
        trainer: &mut Trainer,
        data: &T,
        epoch: u64,
        clock: &Clock,
    ) -> Result<(Measures, f64)>
    where
        M: Forward,
        T: Epochs<Batch = (Tensor, Tensor)>,
    {
        let n_batches = data.n_batches(epoch);
        let mut mean = Mean::new();
        let mut rate = trainer.learning_rate();
        self.metrics.iter_mut().for_each(|metric| metric.reset());
        for (batch, pair) in data.batches(epoch)?.enumerate() {
            let (x, label) = pair?;
            let (prediction, losses) = record(|| -> Result<_> {
                let prediction = net.forward(&x)?;
                let losses = loss.forward(&prediction, &label)?;
                Ok((prediction, losses))
            })?;
            let value = losses.mean()?.item()?;
            if !value.is_finite() {
                return Err(Error::Diverged { epoch, batch, loss: value });
            }
            losses.backward()?;
            rate = trainer.learning_rate();
            trainer.step(losses.size())?;
            self.measure(&mut mean, &prediction, &label, &losses)?;
            let share = (batch + 1) as f64 / n_batches.max(1) as f64;
            (self.report)(&Progress {
                epoch,
                epochs: self.epochs,
                batch: batch + 1,
                n_batches,
                loss: mean.value(),
                metrics: &self.metrics,
                rate,
                left: clock.left(epoch as f64 + share),
                finished: None,
            });
        }
        if mean.count() == 0 {
            return Err(Error::BadArgument {
                op: "Fit::run",
                argument: "training",
                expected: "at least one batch in every epoch",
                found: format!("none in epoch {epoch}"),
            });
        }
        Ok((self.measures(&mean), rate))
    }

    /// Loss and metrics on the batches of an epoch, in prediction mode; nothing of no batches.
    fn validate<M, V>(
        &mut self,
        net: &M,
        loss: &dyn Loss,
        data: &V,
        epoch: u64,
    ) -> Result<Option<Measures>>
    where
        M: Forward,
        V: Epochs<Batch = (Tensor, Tensor)>,
    {
        let mut mean = Mean::new();
        for (number, batch) in data.batches(epoch)?.enumerate() {
            if number == 0 {
                self.metrics.iter_mut().for_each(|metric| metric.reset());
            }
            let (x, label) = batch?;
            pause(|| {
                let prediction = net.forward(&x)?;
                let losses = loss.forward(&prediction, &label)?;
                self.measure(&mut mean, &prediction, &label, &losses)
            })?;
        }
        Ok((mean.count() > 0).then(|| self.measures(&mean)))
    }

    fn measure(
        &mut self,
        mean: &mut Mean,
        prediction: &Tensor,
        label: &Tensor,
        losses: &Tensor,
    ) -> Result<()> {
        mean.update(losses);
        self.metrics.iter_mut().try_for_each(|metric| metric.update(prediction, label))
    }

    fn measures(&self, mean: &Mean) -> Measures {
        let metrics = self.metrics.iter().map(|metric| metric.value()).collect();
        Measures { loss: mean.value(), metrics }
    }

    /// Whether an epoch is better than the best so far, by the first metric or by the loss.
    fn is_better(&self, epoch: &Epoch, best: &Epoch) -> bool {
        let (new, old) = (epoch.decisive(), best.decisive());
        // The measures, larger for better.
        let [new, old] = match self.metrics.first() {
            Some(metric) if metric.rises() => [new.metrics[0], old.metrics[0]],
            Some(_) => [-new.metrics[0], -old.metrics[0]],
            None => [-new.loss, -old.loss],
        };
        new > old || (old.is_nan() && !new.is_nan())
    }

    /// Whether patience is over.
    fn is_over(&self, history: &History) -> bool {
        let since = |best: u64| (history.epochs.len() as u64).saturating_sub(best + 1);
        let waited = history.best.map_or(0, since);
        self.patience.is_some_and(|patience| waited > 0 && waited >= patience)
    }

    /// The history so far: that of the checkpoint, if there is one to go on from.
    #[cfg_attr(not(feature = "checkpoint"), allow(unused_variables))]
    fn begin<M: Block>(&self, net: &mut M, trainer: &mut Trainer) -> Result<History> {
        let metrics: Vec<String> = self.metrics.iter().map(|m| m.name().to_owned()).collect();
        #[cfg(feature = "checkpoint")]
        if let Some(folder) = &self.folder {
            std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
            let path = folder.join("last.gluon");
            if path.exists() {
                let history = resume(&path, &metrics, net, trainer).map_err(|mut error| {
                    if let Error::TrainerState { found, .. } = &mut error {
                        *found += &format!(" in `{}`; take another folder", path.display());
                    }
                    error
                })?;
                // A crash may have been quicker.
                show(folder, &history)?;
                return Ok(history);
            }
        }
        Ok(History { metrics, ..History::default() })
    }

    #[cfg_attr(not(feature = "checkpoint"), allow(unused_variables))]
    fn keep<M: Block>(
        &self,
        net: &M,
        trainer: &Trainer,
        history: &History,
        better: bool,
    ) -> Result<()> {
        #[cfg(feature = "checkpoint")]
        if let Some(folder) = &self.folder {
            let checkpoint = Checkpoint::new(net)?.with_trainer(trainer);
            let mut checkpoint = checkpoint.with_step(trainer.n_steps());
            checkpoint.insert(HISTORY, history);
            // The best first: after a crash between the two, the last is one epoch behind and makes
            // the best again.
            if better {
                checkpoint.save(folder.join("best.gluon"))?;
            }
            checkpoint.save(folder.join("last.gluon"))?;
            show(folder, history)?;
        }
        Ok(())
    }
}

/// Goes on from the checkpoint at `path`, in which is a history of `metrics`.
#[cfg(feature = "checkpoint")]
fn resume<M: Block>(
    path: &Path,
    metrics: &[String],
    net: &mut M,
    trainer: &mut Trainer,
) -> Result<History> {
    let checkpoint = Checkpoint::open(path)?;
    let Some(history) = checkpoint.value::<History>(HISTORY)? else {
        let expected = "the history of a `Fit`".to_owned();
        return Err(Error::TrainerState { expected, found: "none".to_owned() });
    };
    if history.metrics != metrics {
        let expected = format!("a history of the metrics {metrics:?}");
        let found = format!("one of {:?}", history.metrics);
        return Err(Error::TrainerState { expected, found });
    }
    checkpoint.resume(net, trainer)?;
    Ok(history)
}

/// Writes what people see of a history.
#[cfg(feature = "checkpoint")]
fn show(folder: &Path, history: &History) -> Result<()> {
    history.save_csv(folder.join("history.csv"))?;
    let picture = history.picture();
    atomic::write(folder.join("history.svg"), |out| write!(out, "{picture}"))
}

/// The key of the history in a checkpoint; the user's keys do not begin like it.
#[cfg(feature = "checkpoint")]
const HISTORY: &str = "gluon.history";
