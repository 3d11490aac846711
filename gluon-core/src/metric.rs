//! Metrics: numbers that tell how well training goes, gathered batch by batch.

mod accuracy;
mod mean;

pub use accuracy::Accuracy;
pub use mean::Mean;
