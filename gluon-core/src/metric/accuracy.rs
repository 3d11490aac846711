//! Accuracy: how often the likeliest class is the right one.

use std::fmt;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// The share of rows whose largest prediction is at their label.
///
/// Prints the share with four digits, or as many as the format asks for.
///
/// ```
/// use gluon_core::{Tensor, metric::Accuracy};
///
/// let mut accuracy = Accuracy::new();
/// let prediction = Tensor::from([[0.1f32, 0.9], [0.8, 0.2], [0.7, 0.3]]);
/// accuracy.update(&prediction, &Tensor::from([1u8, 0, 1]))?;
/// assert_eq!(accuracy.value(), 2.0 / 3.0);
/// assert_eq!(format!("{accuracy} {accuracy:.2}"), "0.6667 0.67");
/// # Ok::<(), gluon_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accuracy {
    correct: u64,
    count: u64,
}

impl Accuracy {
    /// The accuracy of no predictions yet.
    pub fn new() -> Accuracy {
        Accuracy::default()
    }

    /// Takes in a batch of predictions: scores, probabilities or their logarithms. Of equal ones
    /// the first counts.
    ///
    /// # Shapes
    /// `prediction: [.., classes]`; `label`: the class of each row, as any numeric type
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if there is not one label a row, [`Error::IndexOutOfRange`] if one
    /// is not a class, [`Error::BadShape`] if there are no classes; nothing is taken in then.
    pub fn update(&mut self, prediction: &Tensor, label: &Tensor) -> Result<()> {
        let op = "Accuracy::update";
        let Some((&classes, rows)) = prediction.shape().split_last() else {
            let expected = "an axis of classes";
            return Err(Error::BadShape { op, expected, found: *prediction.shape() });
        };
        if rows.iter().product::<usize>() != label.size() {
            let (lhs, rhs) = (*prediction.shape(), *label.shape());
            return Err(Error::ShapeMismatch { op, lhs, rhs });
        }
        let predicted = prediction.detach().argmax(-1)?.to_vec::<i64>()?;
        let labels = label.to_dtype(DType::F64).to_vec::<f64>()?;
        let mut correct = 0;
        for (position, (&class, &label)) in predicted.iter().zip(&labels).enumerate() {
            // Written so that NaN is out of range; fractions truncate, as in a loss.
            if !(label > -1.0 && label < classes as f64) {
                let (index, bound) = (label, classes);
                return Err(Error::IndexOutOfRange { op, index, bound, position });
            }
            correct += u64::from(class == label as i64);
        }
        self.correct += correct;
        self.count += labels.len() as u64;
        Ok(())
    }

    /// The share so far; NaN of no predictions.
    pub fn value(&self) -> f64 {
        self.correct as f64 / self.count as f64
    }

    /// The number of predictions so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Begins anew.
    pub fn reset(&mut self) {
        *self = Accuracy::new();
    }
}

impl fmt::Display for Accuracy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.*}", f.precision().unwrap_or(4), self.value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_add_up_by_their_size() {
        let mut accuracy = Accuracy::new();
        assert!(accuracy.value().is_nan());
        let right = Tensor::from([[0.0f32, 3.0, 1.0]]);
        accuracy.update(&right, &Tensor::from([1.0f32])).unwrap();
        let wrong = Tensor::from([[[9.0, 0.0], [0.0, 9.0]], [[9.0, 0.0], [1.0, 1.0]]]);
        accuracy.update(&wrong, &Tensor::from([[1i32, 0], [1, 1]])).unwrap();
        assert_eq!((accuracy.value(), accuracy.count()), (0.2, 5));
        accuracy.reset();
        assert_eq!(accuracy, Accuracy::new());
    }

    #[test]
    fn labels_that_do_not_fit_are_errors_and_change_nothing() {
        let mut accuracy = Accuracy::new();
        let prediction = Tensor::zeros([2, 3]);
        let mut text =
            |label: Tensor| accuracy.update(&prediction, &label).unwrap_err().to_string();
        assert_eq!(
            text(Tensor::from([0u8, 1, 2])),
            "`Accuracy::update` cannot combine shapes (2, 3) and (3,)"
        );
        assert_eq!(
            text(Tensor::from([0i32, -1])),
            "`Accuracy::update` expected an index from 0 to 2, found -1 at position 1"
        );
        assert!(text(Tensor::from([0.0, f64::NAN])).contains("found NaN"));
        assert!(accuracy.update(&Tensor::zeros(()), &Tensor::zeros(())).is_err());
        assert!(accuracy.update(&Tensor::zeros([2, 0]), &Tensor::zeros([2])).is_err());
        assert_eq!(accuracy.count(), 0);
    }
}
