//! Training: an optimizer applied to the parameters of a model.

mod trainer;

pub use trainer::Trainer;
