//! The state of a trainer: what it remembers from step to step.

use super::{Slot, Trainer};
use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// What a trainer remembers of one parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The parameter's canonical structural name.
    pub parameter: String,
    /// How many updates it has had.
    pub count: u64,
    /// The optimizer's tensors of state by name; none before the first update.
    pub tensors: Vec<(String, Tensor)>,
}

impl Trainer {
    /// What the trainer remembers of each parameter, in order.
    pub fn state(&self) -> Vec<State> {
        let names = self.optimizer.state();
        let state = |slot: &Slot| State {
            parameter: slot.entry.path().to_owned(),
            count: slot.count,
            tensors: names.iter().map(|&n| n.to_owned()).zip(slot.state.iter().cloned()).collect(),
        };
        self.slots.iter().map(state).collect()
    }

    /// Makes the trainer go on from what another one remembered of the same parameters with the
    /// same optimizer.
    ///
    /// # Errors
    /// [`Error::TrainerState`] if parameters, tensors or their shapes are others. Nothing has
    /// changed then.
    pub fn set_state(&mut self, states: &[State]) -> Result<()> {
        self.check_state(states)?;
        for (slot, state) in self.slots.iter_mut().zip(states) {
            slot.count = state.count;
            slot.state = state.tensors.iter().map(|(_, tensor)| tensor.to_contiguous()).collect();
        }
        Ok(())
    }

    /// Makes the schedule go on from what another one remembered; `None` leaves it as it is.
    #[cfg(feature = "checkpoint")]
    pub(crate) fn set_schedule_state(&mut self, state: Option<&[f64]>) -> Result<()> {
        match (&mut self.schedule, state) {
            (Some(schedule), Some(state)) => schedule.set_state(state),
            _ => Ok(()),
        }
    }

    /// Whether [`set_state`](Trainer::set_state) would succeed.
    pub(crate) fn check_state(&self, states: &[State]) -> Result<()> {
        let error = |expected: String, found: String| Err(Error::TrainerState { expected, found });
        if self.slots.len() != states.len() {
            let expected = format!("the state of {} parameters", self.slots.len());
            return error(expected, format!("that of {}", states.len()));
        }
        let names = self.optimizer.state();
        for (slot, State { parameter, tensors, .. }) in self.slots.iter().zip(states) {
            let path = slot.entry.path();
            if path != parameter {
                return error(format!("the state of `{path}`"), format!("that of `{parameter}`"));
            }
            let found: Vec<&str> = tensors.iter().map(|(name, _)| name.as_str()).collect();
            if !found.is_empty() && found != names {
                let optimizer = self.optimizer.name();
                let expected = format!("{names:?} of `{path}`, the state of {optimizer}");
                return error(expected, format!("{found:?}"));
            }
            for (name, tensor) in tensors {
                let fits = slot.entry.merged(tensor.shape()).is_ok_and(|s| s == *tensor.shape());
                if !fits || !tensor.dtype().computes() {
                    let expected =
                        format!("{name} of `{path}` to be floats {}", slot.entry.shape());
                    return error(expected, format!("{} {}", tensor.dtype(), tensor.shape()));
                }
            }
        }
        Ok(())
    }
}
