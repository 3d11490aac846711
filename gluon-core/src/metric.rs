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
/// digits, or as many as the format asks for. One of your own keeps a [`Mean`], or other numbers:
///
/// ```
/// # use gluon_core as gluon;
/// use std::fmt;
/// use gluon::{Result, Tensor, metric::{Mean, Metric}};
///
/// /// The mean of `prediction - label`.
/// #[derive(Default)]
/// struct Bias(Mean);
///
/// impl Metric for Bias {
///     fn name(&self) -> &str {
///         "bias"
///     }
///
///     fn update(&mut self, prediction: &Tensor, label: &Tensor) -> Result<()> {
///         self.0.update(&prediction.sub(label)?);
///         Ok(())
///     }
///
///     fn value(&self) -> f64 {
///         self.0.value()
///     }
///
///     fn reset(&mut self) {
///         self.0.reset();
///     }
///
///     fn rises(&self) -> bool {
///         false
///     }
/// }
///
/// impl fmt::Display for Bias {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         fmt::Display::fmt(&self.0, f)
///     }
/// }
///
/// let mut bias = Bias::default();
/// bias.update(&Tensor::from([1.0f32, 2.0]), &Tensor::from([0.0f32, 1.5]))?;
/// assert_eq!(bias.to_string(), "0.7500");
/// # Ok::<(), gluon::Error>(())
/// ```
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

    /// Whether larger values are better ones, as of accuracies but not of errors; true unless a
    /// metric says otherwise.
    fn rises(&self) -> bool {
        true
    }
}

impl<M: Metric + ?Sized> Metric for Box<M> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn update(&mut self, prediction: &Tensor, label: &Tensor) -> Result<()> {
        (**self).update(prediction, label)
    }

    fn value(&self) -> f64 {
        (**self).value()
    }

    fn reset(&mut self) {
        (**self).reset();
    }

    fn rises(&self) -> bool {
        (**self).rises()
    }
}

/// Prints a value with four digits, or as many as the format asks for.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_begin_anew_when_they_are_reset() {
        // Of class 1, whose scores are 0.6, 0.9 and 0.2, are the first and the last.
        let scores = Tensor::from([[0.4, 0.6], [0.1, 0.9], [0.8, 0.2]]);
        let classes = Tensor::from([1i64, 0, 1]);
        let logits = scores.log().unwrap();
        let numbers = [Tensor::from([1.0, 2.0]), Tensor::from([4.0, 6.0])];
        let third = 1.0 / 3.0;
        let perplexity = (0.6f64 * 0.1 * 0.2).powf(-third);
        type Case<'t> = (Box<dyn Metric>, &'t str, [&'t Tensor; 2], f64);
        let cases: [Case<'_>; 11] = [
            (Box::new(Accuracy::new()), "accuracy", [&scores, &classes], third),
            (Box::new(ConfusionMatrix::new()), "accuracy", [&scores, &classes], third),
            (Box::new(TopK::new(1)), "top-1 accuracy", [&scores, &classes], third),
            (Box::new(Auc::new()), "AUC", [&scores, &classes], 0.0),
            (Box::new(Precision::new()), "precision", [&scores, &classes], 0.25),
            (Box::new(Recall::new()), "recall", [&scores, &classes], 0.25),
            (Box::new(F1::new()), "F1", [&scores, &classes], 0.25),
            (Box::new(Perplexity::new()), "perplexity", [&logits, &classes], perplexity),
            (Box::new(Mae::new()), "MAE", [&numbers[0], &numbers[1]], 3.5),
            (Box::new(Mse::new()), "MSE", [&numbers[0], &numbers[1]], 12.5),
            (Box::new(Rmse::new()), "RMSE", [&numbers[0], &numbers[1]], 12.5f64.sqrt()),
        ];
        for (mut metric, name, [prediction, label], value) in cases {
            assert_eq!(metric.name(), name);
            let empty = metric.value();
            for _ in 0..2 {
                metric.update(prediction, label).unwrap();
                assert!((metric.value() - value).abs() < 1e-12, "{name}: {}", metric.value());
                metric.reset();
                assert!(metric.value().to_bits() == empty.to_bits(), "{name}");
            }
        }
    }

    /// As programs do that choose one by name.
    #[test]
    fn a_metric_may_be_boxed() {
        let mut boxed: Box<dyn Metric> = Box::new(Mae::new());
        let metric: &mut dyn Metric = &mut boxed;
        metric.update(&Tensor::from([1.0f32, 4.0]), &Tensor::zeros([2])).unwrap();
        assert_eq!((metric.name(), metric.value(), metric.rises()), ("MAE", 2.5, false));
        assert_eq!(metric.to_string(), "2.5000");
        metric.reset();
        assert!(metric.value().is_nan());
    }
}
