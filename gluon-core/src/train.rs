//! Training: an optimizer applied to the parameters of a model, and a loop around it.
//!
//! A [`Trainer`] takes one step; [`Fit`] is the loop of those who want one, and [`History`] what it
//! tells afterwards.

#[cfg(feature = "checkpoint")]
mod checkpoint;
#[cfg(feature = "data")]
mod fit;
#[cfg(feature = "data")]
mod history;
mod replicas;
mod trainer;

#[cfg(feature = "checkpoint")]
pub use checkpoint::Checkpoint;
#[cfg(feature = "data")]
pub use fit::{Fit, Progress};
#[cfg(feature = "data")]
pub use history::{Epoch, History, Measures};
pub use replicas::Replicas;
pub use trainer::{Report, State, Status, Trainer};
