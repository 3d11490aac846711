//! Schedules: learning rates that change from step to step.
//!
//! A [`Trainer`](crate::train::Trainer) with a schedule asks it for the rate of each step; the
//! optimizer's own learning rate is the *base* that schedules start from. Checkpoints keep what a
//! schedule remembers.
//!
//! ```
//! # use gluon_core as gluon;
//! use gluon::optim::schedule::{Cosine, Schedule, WarmUp};
//!
//! let schedule = WarmUp::new(10, Cosine::new(90));
//! let rates = [5, 10, 55, 100].map(|step| schedule.rate(0.4, step));
//! for (rate, expected) in rates.into_iter().zip([0.2, 0.4, 0.2, 0.0]) {
//!     assert!((rate - expected).abs() < 1e-15);
//! }
//! ```

mod decay;
mod plateau;
mod warm_up;

use std::fmt;

pub use decay::{Cosine, Factor, MultiFactor, Polynomial};
pub use plateau::Plateau;
pub use warm_up::{OneCycle, WarmUp};

use crate::error::{Error, Result};

/// A learning rate for each step.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::optim::schedule::Schedule;
///
/// /// `base / √step`
/// #[derive(Debug)]
/// struct InverseRoot;
///
/// impl Schedule for InverseRoot {
///     fn rate(&self, base: f64, step: u64) -> f64 {
///         base / (step as f64).sqrt()
///     }
/// }
/// # assert_eq!(InverseRoot.rate(1.0, 4), 0.5);
/// ```
pub trait Schedule: fmt::Debug + Send + Sync {
    /// The learning rate of step `step`, counted from 1, where the optimizer's is `base`.
    fn rate(&self, base: f64, step: u64) -> f64;

    /// Takes in a measure of how well training goes, say the loss of an epoch.
    fn observe(&mut self, measure: f64) {
        let _ = measure;
    }

    /// What it remembers beyond its settings; nothing unless it says otherwise.
    fn state(&self) -> Vec<f64> {
        Vec::new()
    }

    /// Makes it go on from what another one of its kind remembered.
    ///
    /// # Errors
    /// [`Error::TrainerState`] if that is not what it remembers. Nothing has changed then.
    fn set_state(&mut self, state: &[f64]) -> Result<()> {
        expect_numbers(state, 0)
    }

    /// Its name, by which a checkpoint knows it: the type's, unless it says otherwise.
    fn name(&self) -> String {
        crate::optim::type_name(self)
    }
}

impl<S: Schedule + ?Sized> Schedule for Box<S> {
    fn rate(&self, base: f64, step: u64) -> f64 {
        (**self).rate(base, step)
    }

    fn observe(&mut self, measure: f64) {
        (**self).observe(measure);
    }

    fn state(&self) -> Vec<f64> {
        (**self).state()
    }

    fn set_state(&mut self, state: &[f64]) -> Result<()> {
        (**self).set_state(state)
    }

    fn name(&self) -> String {
        (**self).name()
    }
}

/// Checks the length of a schedule's state.
fn expect_numbers(state: &[f64], count: usize) -> Result<()> {
    if state.len() == count {
        return Ok(());
    }
    let expected = format!("{count} numbers of its schedule");
    Err(Error::TrainerState { expected, found: state.len().to_string() })
}
