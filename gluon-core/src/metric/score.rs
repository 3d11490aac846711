//! Precision, recall and their mean.

use super::classes::Classes;
use super::{ConfusionMatrix, Metric, display_value};
use crate::error::Result;
use crate::tensor::Tensor;

macro_rules! scores {
    ($($(#[$doc:meta])* $name:ident $score:ident $text:literal)*) => {$(
        $(#[$doc])*
        ///
        /// Of one class, or the mean over all classes that were there or predicted. What would be
        /// divided by 0 is 0.
        ///
        /// # Shapes
        /// As of [`Accuracy`](super::Accuracy).
        ///
        /// # Errors
        /// As of [`Accuracy`](super::Accuracy).
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            class: Option<usize>,
            matrix: ConfusionMatrix,
        }

        impl $name {
            /// The mean over the classes, of no predictions yet.
            pub fn new() -> $name {
                $name::default()
            }

            /// That of one class, such as 1 where there are two; of no predictions yet.
            pub fn of_class(class: usize) -> $name {
                $name { class: Some(class), matrix: ConfusionMatrix::new() }
            }

            /// The counts that it is computed from.
            pub fn matrix(&self) -> &ConfusionMatrix {
                &self.matrix
            }
        }

        impl Metric for $name {
            fn name(&self) -> &'static str {
                $text
            }

            fn update(&mut self, prediction: &Tensor, label: &Tensor) -> Result<()> {
                self.matrix.add(&Classes::of(concat!(stringify!($name), "::update"), prediction, label)?);
                Ok(())
            }

            fn value(&self) -> f64 {
                if self.matrix.n_classes() == 0 {
                    return f64::NAN;
                }
                if let Some(class) = self.class {
                    return self.matrix.$score(class);
                }
                let present: Vec<usize> = self.matrix.present().collect();
                let sum: f64 = present.iter().map(|&class| self.matrix.$score(class)).sum();
                sum / present.len() as f64
            }

            fn reset(&mut self) {
                self.matrix.reset();
            }
        }

        display_value! { $name }
    )*};
}

scores! {
    /// How often a predicted class is right.
    Precision precision "precision"
    /// How often a class is found where it is.
    Recall recall "recall"
    /// The harmonic mean of precision and recall.
    F1 f1 "F1"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels 0 1 2 0 1 2 predicted as 0 2 1 0 0 1, the example of scikit-learn's manual, whose
    /// macro averages are 0.22, 0.33 and 0.26.
    #[test]
    fn means_are_those_of_scikit_learn() {
        let label = Tensor::from([0u8, 1, 2, 0, 1, 2]);
        let prediction = Tensor::from([0u8, 2, 1, 0, 0, 1]).one_hot(4).unwrap();
        fn value(mut metric: impl Metric, prediction: &Tensor, label: &Tensor) -> f64 {
            assert!(metric.value().is_nan());
            metric.update(prediction, label).unwrap();
            metric.value()
        }
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-15, "{found}");
        near(value(Precision::new(), &prediction, &label), 2.0 / 9.0);
        near(value(Recall::new(), &prediction, &label), 1.0 / 3.0);
        near(value(F1::new(), &prediction, &label), 0.8 / 3.0);
        near(value(F1::of_class(0), &prediction, &label), 0.8);
        near(value(Precision::of_class(3), &prediction, &label), 0.0);
    }
}
