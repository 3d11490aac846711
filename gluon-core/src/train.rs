//! Training: an optimizer applied to the parameters of a model.

#[cfg(feature = "checkpoint")]
mod checkpoint;
mod replicas;
mod trainer;

#[cfg(feature = "checkpoint")]
pub use checkpoint::Checkpoint;
pub use replicas::Replicas;
pub use trainer::{State, Trainer};
