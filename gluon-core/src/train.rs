//! Training: an optimizer applied to the parameters of a model.

#[cfg(feature = "checkpoint")]
mod checkpoint;
mod trainer;

#[cfg(feature = "checkpoint")]
pub use checkpoint::Checkpoint;
pub use trainer::{Report, State, Status, Trainer};
