//! Trainer: updates a model's parameters from their gradients.

mod report;
mod state;

use crate::buffer::for_float;
use crate::error::{Error, Result};
use crate::optim::{MAX_STATE, Optimizer, Schedule, Slices, Step};
use crate::parameter::{Entry, ParameterDict};
use crate::tape::GradReq;
use crate::tensor::Tensor;

pub use report::{Report, Status};
pub use state::State;

/// Applies an optimizer to a model's parameters: one update of each storage per step.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Block, Forward, Tensor, autograd::record, nn::Dense};
/// use gluon::{optim::Sgd, train::Trainer};
///
/// let mut net = Dense::new(1).in_units(2);
/// net.initialize()?;
/// let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.1))?;
/// let x = Tensor::ones([4, 2]);
/// let before = net.forward(&x)?;
/// let loss = record(|| net.forward(&x)?.square()?.mean_axes(&[1], false))?;
/// loss.backward()?;
/// trainer.step(4)?;
/// assert_ne!(net.forward(&x)?, before);
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Groups of parameters
/// Each parameter has factors on its learning rate and its weight decay, which a selection sets at
/// once: here no bias decays, and what was trained before learns slowly.
///
/// ```
/// # use gluon_core as gluon;
/// # use gluon::{Block, nn::Dense, sequential, optim::AdamW, train::Trainer};
/// # let mut net = sequential![Dense::new(8).in_units(4), Dense::new(1).in_units(8)];
/// # net.initialize()?;
/// let parameters = net.collect_params();
/// parameters.select(".*bias")?.set_wd_mult(0.0);
/// parameters.select_path("0\\.")?.set_lr_mult(0.1);
/// let trainer = Trainer::new(parameters, AdamW::new(1e-3).weight_decay(0.01))?;
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Batches in parts
/// With [`GradReq::Add`] gradients add up, so a batch may be taken in parts; the sum is divided
/// once, and set to zero by hand.
///
/// ```
/// # use gluon_core as gluon;
/// # use gluon::{Block, Forward, Tensor, autograd::{GradReq, record}, nn::Dense};
/// # use gluon::{optim::Sgd, train::Trainer};
/// # let mut net = Dense::new(1).in_units(2);
/// # net.initialize()?;
/// # let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.1))?;
/// let parameters = net.collect_params();
/// parameters.set_grad_req(GradReq::Add);
/// for part in [Tensor::ones([4, 2]), Tensor::zeros([4, 2])] {
///     record(|| net.forward(&part))?.backward()?;
/// }
/// trainer.step(8)?;
/// parameters.zero_grad();
/// # Ok::<(), gluon::Error>(())
/// ```
#[derive(Debug)]
pub struct Trainer {
    slots: Vec<Slot>,
    optimizer: Box<dyn Optimizer>,
    schedule: Option<Box<dyn Schedule>>,
    max_norm: f64,
}

/// A parameter with what the optimizer remembers of it.
#[derive(Debug)]
struct Slot {
    entry: Entry,
    state: Vec<Tensor>,
    count: u64,
}

impl Trainer {
    /// A trainer of `parameters`; those of unknown shape may become known later.
    ///
    /// # Errors
    /// [`Error::BrokenTie`] if a declared tie does not hold, [`Error::DuplicateName`] if two
    /// parameters have the same name, [`Error::NotInitialized`] if `initialize` was not called,
    /// [`Error::BadArgument`] if there are no parameters, a setting of the optimizer is not in its
    /// range, a parameter's factor on one is not finite, or the optimizer asks for more state than
    /// [`MAX_STATE`] tensors.
    pub fn new(parameters: ParameterDict, optimizer: impl Optimizer + 'static) -> Result<Trainer> {
        parameters.check()?;
        let op = "Trainer::new";
        if parameters.is_empty() {
            let (argument, expected, found) = ("parameters", "at least one", "none".to_owned());
            return Err(Error::BadArgument { op, argument, expected, found });
        }
        optimizer.check()?;
        check_number(op, "learning rate", optimizer.learning_rate())?;
        check_number(op, "weight decay", optimizer.weight_decay())?;
        if optimizer.state().len() > MAX_STATE {
            let found = format!("{} of `{}`", optimizer.state().len(), optimizer.name());
            let (argument, expected) = ("the optimizer's state", "at most 3 tensors");
            return Err(Error::BadArgument { op, argument, expected, found });
        }
        for entry in &parameters {
            if !entry.is_initialized() && !entry.is_deferred() {
                return Err(Error::NotInitialized { name: entry.path().to_owned() });
            }
            check_factors(op, entry)?;
        }
        let slots = parameters.into_iter().map(|entry| Slot { entry, state: Vec::new(), count: 0 });
        let (slots, optimizer) = (slots.collect(), Box::new(optimizer));
        Ok(Trainer { slots, optimizer, schedule: None, max_norm: f64::INFINITY })
    }

    /// The same with a learning rate that changes from step to step, starting from the
    /// optimizer's.
    pub fn with_schedule(self, schedule: impl Schedule + 'static) -> Trainer {
        Trainer { schedule: Some(Box::new(schedule)), ..self }
    }

    /// The same with all gradients together scaled down where their norm, after division by the
    /// batch size, is above `max_norm`.
    ///
    /// Gradients are limited one by one by `clip_gradient` of each optimizer.
    ///
    /// # Source
    /// Pascanu et al. 2013, algorithm 1.
    pub fn with_max_norm(self, max_norm: f64) -> Trainer {
        Trainer { max_norm, ..self }
    }

    /// Updates every parameter once from its gradient divided by `batch_size`.
    ///
    /// Frozen parameters ([`GradReq::Null`]) are passed over. Gradients stay as they are.
    ///
    /// # Errors
    /// [`Error::StaleGradient`] if a parameter has had no `backward` since its last update, unless
    /// [`step_ignoring_stale`](Trainer::step_ignoring_stale) is meant; [`Error::Deferred`] if a
    /// shape is not known yet; [`Error::BadArgument`] if `batch_size` is 0, the learning rate, the
    /// weight decay or the largest norm is not a number from 0 on, or a parameter's factor on one of
    /// them is not finite;
    /// [`Error::NonFiniteGradient`] if a norm that is to be limited is infinite or NaN. Nothing has
    /// changed then.
    pub fn step(&mut self, batch_size: usize) -> Result<()> {
        check_size(batch_size)?;
        // Where there is a new gradient there are values.
        if let Some(slot) = self.trained().find(|slot| !slot.entry.has_fresh_grad()) {
            slot.entry.read()?;
            return Err(Error::StaleGradient { name: slot.entry.path().to_owned() });
        }
        self.update(batch_size)
    }

    /// [`step`](Trainer::step), but parameters without a new gradient keep their values, those of
    /// unknown shape stay that; the report, of just before the step, says which.
    ///
    /// # Errors
    /// [`Error::BadArgument`] and [`Error::NonFiniteGradient`] as for [`step`](Trainer::step).
    pub fn step_ignoring_stale(&mut self, batch_size: usize) -> Result<Report> {
        check_size(batch_size)?;
        let report = self.report();
        self.update(batch_size)?;
        Ok(report)
    }

    fn trained(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(|slot| slot.entry.grad_req() != GradReq::Null)
    }

    fn update(&mut self, batch_size: usize) -> Result<()> {
        let op = "step";
        let scale = self.limit(1.0 / batch_size as f64)?;
        let rate = self.learning_rate();
        let optimizer = &*self.optimizer;
        let (names, decay) = (optimizer.state(), optimizer.weight_decay());
        check_number(op, "learning rate", rate)?;
        check_number(op, "weight decay", decay)?;
        self.trained().try_for_each(|slot| check_factors(op, &slot.entry))?;
        for slot in &mut self.slots {
            let entry = &slot.entry;
            if !entry.has_fresh_grad() {
                continue;
            }
            slot.count += 1;
            let step = Step {
                rate: rate * entry.lr_mult(),
                decay: decay * entry.wd_mult(),
                scale,
                count: slot.count,
            };
            slot.update(optimizer, names.len(), &step)?;
        }
        Ok(())
    }

    /// `scale`, or less if gradients times it would have too large a norm.
    fn limit(&self, scale: f64) -> Result<f64> {
        if self.max_norm == f64::INFINITY {
            return Ok(scale);
        }
        check_number("step", "max_norm", self.max_norm)?;
        let mut sum = 0.0;
        for Slot { entry, .. } in self.trained().filter(|slot| slot.entry.has_fresh_grad()) {
            let norm = entry.grad()?.norm()?.item()?;
            if !norm.is_finite() {
                return Err(Error::NonFiniteGradient { name: entry.path().to_owned(), norm });
            }
            sum += norm * norm;
        }
        Ok(scale * (self.max_norm / (scale * sum.sqrt())).min(1.0))
    }

    /// The number of steps so far: the most updates that a parameter has had.
    pub fn n_steps(&self) -> u64 {
        self.slots.iter().map(|slot| slot.count).max().unwrap_or(0)
    }

    /// The learning rate of the next step.
    pub fn learning_rate(&self) -> f64 {
        let base = self.optimizer.learning_rate();
        self.schedule.as_ref().map_or(base, |s| s.rate(base, self.n_steps() + 1))
    }

    /// Changes the learning rate of the optimizer, which a schedule starts from, from the next
    /// step on.
    pub fn set_learning_rate(&mut self, rate: f64) {
        self.optimizer.set_learning_rate(rate);
    }

    /// Tells the schedule how well training goes, say by the loss of an epoch; of those here,
    /// [`Plateau`](crate::optim::schedule::Plateau) listens.
    pub fn observe(&mut self, measure: f64) {
        if let Some(schedule) = &mut self.schedule {
            schedule.observe(measure);
        }
    }

    /// The schedule of the learning rate, if there is one.
    pub fn schedule(&self) -> Option<&dyn Schedule> {
        self.schedule.as_deref()
    }

    /// The optimizer.
    pub fn optimizer(&self) -> &dyn Optimizer {
        &*self.optimizer
    }

    /// The parameters that are trained or frozen here, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &Entry> {
        self.slots.iter().map(|slot| &slot.entry)
    }
}

fn check_size(batch_size: usize) -> Result<()> {
    if batch_size == 0 {
        let (argument, expected, found) = ("batch_size", "at least 1", "0".to_owned());
        return Err(Error::BadArgument { op: "step", argument, expected, found });
    }
    Ok(())
}

/// Checks a number that could be anything, but for which nothing else makes sense.
fn check_number(op: &'static str, argument: &'static str, number: f64) -> Result<()> {
    if number.is_finite() && number >= 0.0 {
        return Ok(());
    }
    let (expected, found) = ("a number from 0 on", number.to_string());
    Err(Error::BadArgument { op, argument, expected, found })
}

/// Checks what learning rate and weight decay are multiplied by.
fn check_factors(op: &'static str, entry: &Entry) -> Result<()> {
    for (argument, factor) in [("lr_mult", entry.lr_mult()), ("wd_mult", entry.wd_mult())] {
        if !factor.is_finite() {
            let found = format!("{factor} of parameter `{}`", entry.path());
            return Err(Error::BadArgument { op, argument, expected: "a finite number", found });
        }
    }
    Ok(())
}

impl Slot {
    fn update(&mut self, optimizer: &dyn Optimizer, states: usize, step: &Step) -> Result<()> {
        let Slot { entry, state, .. } = self;
        entry.update(|weight, gradient| {
            if state.is_empty() {
                state.extend((0..states).map(|_| weight.zeros_like()));
            }
            // The model may have been cast since the last step.
            let dtype = weight.dtype();
            for state in state.iter_mut().filter(|state| state.dtype() != dtype) {
                *state = state.to_dtype(dtype);
            }
            for_float!(weight, "step", T => {
                let gradient = gradient.as_contiguous::<T>().unwrap_or_default();
                let weight = weight.make_mut::<T>("step")?;
                let mut states = state.iter_mut();
                let mut next = || match states.next() {
                    Some(state) => state.make_mut::<T>("step"),
                    None => Ok(Default::default()),
                };
                let state = [next()?, next()?, next()?];
                optimizer.update(Slices { weight, gradient, state }.into(), step);
                Ok(())
            })
        })
    }
}
