//! Errors of predicted numbers.

use super::{Metric, display_value};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::tensor::Tensor;

macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident $text:literal |$d:ident| $term:expr, |$mean:ident| $value:expr;)*) => {$(
        $(#[$doc])*
        ///
        /// Every element counts the same.
        ///
        /// # Shapes
        /// `prediction`, `label`: any, with as many elements
        ///
        /// # Errors
        /// [`Error::ShapeMismatch`] if their numbers of elements differ.
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        pub struct $name {
            sum: f64,
            count: u64,
        }

        impl $name {
            /// That of no predictions yet.
            pub fn new() -> $name {
                $name::default()
            }
        }

        impl Metric for $name {
            fn name(&self) -> &'static str {
                $text
            }

            fn update(&mut self, prediction: &Tensor, label: &Tensor) -> Result<()> {
                let op = concat!(stringify!($name), "::update");
                let differences = differences(op, prediction, label)?;
                self.sum += differences.iter().map(|$d| $term).sum::<f64>();
                self.count += differences.len() as u64;
                Ok(())
            }

            fn value(&self) -> f64 {
                let $mean = self.sum / self.count as f64;
                $value
            }

            fn reset(&mut self) {
                *self = $name::new();
            }

            fn rises(&self) -> bool {
                false
            }
        }

        display_value! { $name }
    )*};
}

errors! {
    /// The mean absolute error.
    Mae "MAE" |d| d.abs(), |mean| mean;
    /// The mean squared error.
    Mse "MSE" |d| d * d, |mean| mean;
    /// The root of the mean squared error.
    Rmse "RMSE" |d| d * d, |mean| mean.sqrt();
}

fn differences(op: &'static str, prediction: &Tensor, label: &Tensor) -> Result<Vec<f64>> {
    if prediction.size() != label.size() {
        return Err(Error::ShapeMismatch { op, lhs: *prediction.shape(), rhs: *label.shape() });
    }
    let numbers = |tensor: &Tensor| tensor.to_dtype(DType::F64).to_vec::<f64>();
    let pairs = numbers(prediction)?.into_iter().zip(numbers(label)?);
    Ok(pairs.map(|(prediction, label)| prediction - label).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_means_over_all_elements() {
        fn value(mut metric: impl Metric) -> f64 {
            assert!(metric.value().is_nan() && !metric.rises());
            let batch = [Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]), Tensor::from([0i32, 2, 5, 4])];
            metric.update(&batch[0], &batch[1]).unwrap();
            metric.update(&Tensor::from([7.0]), &Tensor::from([4.0])).unwrap();
            assert!(metric.update(&batch[0], &Tensor::from([1.0])).is_err());
            metric.value()
        }
        assert_eq!(value(Mae::new()), 6.0 / 5.0);
        assert_eq!(value(Mse::new()), 14.0 / 5.0);
        assert_eq!(value(Rmse::new()), (14.0f64 / 5.0).sqrt());
    }
}
