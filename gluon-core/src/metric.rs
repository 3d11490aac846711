//! Metrics: numbers that tell how well training goes, gathered batch by batch.
//!
//! Every metric of predictions and labels is a [`Metric`]; [`Mean`] takes any numbers, such as
//! losses.

mod accuracy;
mod auc;
mod classes;
mod confusion;
mod mean;
mod perplexity;
mod regression;
mod score;

use std::fmt;

pub use accuracy::{Accuracy, TopK};
pub use auc::Auc;
pub use confusion::ConfusionMatrix;
pub use mean::Mean;
pub use perplexity::Perplexity;
pub use regression::{Mae, Mse, Rmse};
pub use score::{F1, Precision, Recall};

use crate::error::Result;
use crate::tensor::Tensor;

/// A number that is gathered from predictions and labels, batch by batch.
///
/// A batch that does not fit is an error and changes nothing. Metrics print their value with four
/// digits, or as many as the format asks for.
pub trait Metric: fmt::Display {
    /// What it is called in a line of progress: `accuracy`, `top-5 accuracy`.
    fn name(&self) -> &str;

    /// Takes in a batch.
    ///
    /// # Errors
    /// If shapes or labels do not fit; nothing is taken in then.
    fn update(&mut self, prediction: &Tensor, label: &Tensor) -> Result<()>;

    /// The number so far; NaN of nothing.
    fn value(&self) -> f64;

    /// Begins anew.
    fn reset(&mut self);

    /// Whether larger values are better ones, as of accuracies but not of errors.
    fn rises(&self) -> bool {
        true
    }
}

/// Prints the value of a metric.
macro_rules! display_value {
    ($($ty:ty)*) => {$(
        impl std::fmt::Display for $ty {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{:.*}", f.precision().unwrap_or(4), self.value())
            }
        }
    )*};
}
use display_value;
