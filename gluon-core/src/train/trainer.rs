//! Trainer: updates a model's parameters from their gradients.

mod state;

use crate::buffer::for_float;
use crate::error::{Error, Result};
use crate::optim::{Optimizer, Slices, Step};
use crate::parameter::{Entry, ParameterDict};
use crate::tape::GradReq;
use crate::tensor::Tensor;

pub use state::State;

/// Applies an optimizer to a model's parameters: one update of each storage per step.
///
/// ```
/// use gluon_core::{Block, Forward, Tensor, autograd::record, nn::Dense};
/// use gluon_core::{optim::Sgd, train::Trainer};
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
/// # Ok::<(), gluon_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Trainer {
    slots: Vec<Slot>,
    optimizer: Box<dyn Optimizer>,
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
    /// parameters have the same name, [`Error::NotInitialized`] if `initialize` was not called.
    pub fn new(parameters: ParameterDict, optimizer: impl Optimizer + 'static) -> Result<Trainer> {
        parameters.check()?;
        for entry in &parameters {
            if !entry.is_initialized() && !entry.is_deferred() {
                return Err(Error::NotInitialized { name: entry.path().to_owned() });
            }
        }
        let slots = parameters.into_iter().map(|entry| Slot { entry, state: Vec::new(), count: 0 });
        Ok(Trainer { slots: slots.collect(), optimizer: Box::new(optimizer) })
    }

    /// Updates every parameter once from its gradient divided by `batch_size`.
    ///
    /// Frozen parameters ([`GradReq::Null`]) are passed over. Gradients stay as they are.
    ///
    /// # Errors
    /// [`Error::StaleGradient`] if a parameter has had no `backward` since its last update, unless
    /// [`step_ignoring_stale`](Trainer::step_ignoring_stale) is meant; [`Error::Deferred`] if a
    /// shape is not known yet; [`Error::BadArgument`] if `batch_size` is 0. Nothing has changed
    /// then.
    pub fn step(&mut self, batch_size: usize) -> Result<()> {
        self.check(batch_size)?;
        let stale = self.trained().find(|slot| !slot.entry.has_fresh_grad());
        if let Some(slot) = stale {
            return Err(Error::StaleGradient { name: slot.entry.path().to_owned() });
        }
        self.update(batch_size)
    }

    /// [`step`](Trainer::step), but parameters without a new gradient keep their values.
    ///
    /// # Errors
    /// As for [`step`](Trainer::step).
    pub fn step_ignoring_stale(&mut self, batch_size: usize) -> Result<()> {
        self.check(batch_size)?;
        self.update(batch_size)
    }

    fn check(&self, batch_size: usize) -> Result<()> {
        if batch_size == 0 {
            return Err(Error::BadArgument {
                op: "step",
                argument: "batch_size",
                expected: "at least 1",
                found: "0".to_owned(),
            });
        }
        self.trained().try_for_each(|slot| slot.entry.data().map(drop))
    }

    fn trained(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(|slot| slot.entry.grad_req() != GradReq::Null)
    }

    fn update(&mut self, batch_size: usize) -> Result<()> {
        let optimizer = &*self.optimizer;
        for slot in &mut self.slots {
            let entry = &slot.entry;
            if entry.grad_req() == GradReq::Null || !entry.has_fresh_grad() {
                continue;
            }
            let dtype = entry.dtype();
            if slot.state.is_empty() {
                let zeros = || Tensor::full(entry.shape(), 0.0, dtype);
                slot.state = optimizer.state().iter().map(|_| zeros()).collect();
            }
            // The model may have been cast since the last step.
            for state in slot.state.iter_mut().filter(|state| state.dtype() != dtype) {
                *state = state.to_dtype(dtype);
            }
            slot.count += 1;
            let step = Step {
                rate: optimizer.learning_rate() * entry.lr_mult(),
                decay: optimizer.weight_decay() * entry.wd_mult(),
                scale: 1.0 / batch_size as f64,
                count: slot.count,
            };
            slot.update(optimizer, &step)?;
        }
        Ok(())
    }

    /// The learning rate of the optimizer.
    pub fn learning_rate(&self) -> f64 {
        self.optimizer.learning_rate()
    }

    /// Changes the learning rate from the next step on.
    pub fn set_learning_rate(&mut self, rate: f64) {
        self.optimizer.set_learning_rate(rate);
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

impl Slot {
    fn update(&mut self, optimizer: &dyn Optimizer, step: &Step) -> Result<()> {
        let Slot { entry, state, .. } = self;
        for_float!(entry, "step", T => entry.update::<T>(|weight, gradient| {
            let mut slices = Slices { weight, gradient, state: Default::default() };
            for (slice, state) in slices.state.iter_mut().zip(state) {
                *slice = state.make_mut::<T>("step")?;
            }
            optimizer.update(slices.into(), step);
            Ok(())
        }))
    }
}
