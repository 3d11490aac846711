//! Accuracy: how often the likeliest class, or one of the likeliest, is the right one.

use super::classes::{Classes, rows};
use super::{Metric, display_value};
use crate::dtype::DType;
use crate::error::Result;
use crate::tensor::Tensor;

/// The share of rows whose largest prediction is at their label; of equal ones the first counts.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Tensor, metric::{Accuracy, Metric}};
///
/// let mut accuracy = Accuracy::new();
/// let prediction = Tensor::from([[0.1f32, 0.9], [0.8, 0.2], [0.7, 0.3]]);
/// accuracy.update(&prediction, &Tensor::from([1u8, 0, 1]))?;
/// assert_eq!(accuracy.value(), 2.0 / 3.0);
/// assert_eq!(format!("{accuracy} {accuracy:.2}"), "0.6667 0.67");
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Shapes
/// `prediction: [.., classes]`: scores, probabilities or their logarithms; `label`: the class of
/// each row, both as any numeric type. Or `prediction`: a probability of class 1 for each label.
///
/// # Errors
/// [`Error::ShapeMismatch`](crate::Error::ShapeMismatch) if there is not one label a row,
/// [`Error::IndexOutOfRange`](crate::Error::IndexOutOfRange) if one is not a class,
/// [`Error::BadShape`](crate::Error::BadShape) if there are no classes.
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

    /// The number of predictions so far.
    pub fn count(&self) -> u64 {
        self.count
    }
}

impl Metric for Accuracy {
    fn name(&self) -> &'static str {
        "accuracy"
    }

    fn update(&mut self, prediction: &Tensor, label: &Tensor) -> Result<()> {
        let classes = Classes::of("Accuracy::update", prediction, label)?;
        self.correct +=
            classes.pairs().filter(|(predicted, label)| predicted == label).count() as u64;
        self.count += classes.labels.len() as u64;
        Ok(())
    }

    fn value(&self) -> f64 {
        self.correct as f64 / self.count as f64
    }

    fn reset(&mut self) {
        *self = Accuracy::new();
    }
}

/// The share of rows whose label is among the `k` largest predictions.
///
/// A class counts as before another one that is as likely if its number is smaller.
///
/// # Shapes
/// `prediction: [.., classes]`; `label`: the class of each row, as any numeric type
///
/// # Errors
/// As of [`Accuracy`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopK {
    k: usize,
    name: String,
    accuracy: Accuracy,
}

impl TopK {
    /// The share of labels among the `k` likeliest classes, of no predictions yet.
    pub fn new(k: usize) -> TopK {
        TopK { k, name: format!("top-{k} accuracy"), accuracy: Accuracy::new() }
    }
}

impl Metric for TopK {
    fn name(&self) -> &str {
        &self.name
    }

    fn update(&mut self, prediction: &Tensor, label: &Tensor) -> Result<()> {
        let (count, labels) = rows("TopK::update", prediction, label)?;
        let scores = prediction.to_dtype(DType::F64).to_vec::<f64>()?;
        let hits = scores.chunks_exact(count.max(1)).zip(&labels).filter(|&(row, &label)| {
            // Written so that NaN is before everything, and so never helps.
            let after = |class: usize, score: f64| {
                score < row[label] || (score == row[label] && class > label)
            };
            let before = |&(class, &score): &(usize, &f64)| class != label && !after(class, score);
            row.iter().enumerate().filter(before).count() < self.k
        });
        self.accuracy.correct += hits.count() as u64;
        self.accuracy.count += labels.len() as u64;
        Ok(())
    }

    fn value(&self) -> f64 {
        self.accuracy.value()
    }

    fn reset(&mut self) {
        self.accuracy.reset();
    }
}

display_value! { Accuracy TopK }

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
    fn scores_may_be_of_any_numeric_type() {
        let scores = Tensor::from([[0i64, 3, 1], [2, 1, 0], [-5, -7, -1]]);
        for dtype in [crate::DType::I64, crate::DType::I8, crate::DType::F16] {
            let mut accuracy = Accuracy::new();
            accuracy.update(&scores.to_dtype(dtype), &Tensor::from([1u8, 0, 0])).unwrap();
            assert_eq!(accuracy.value(), 2.0 / 3.0, "{dtype}");
        }
    }

    #[test]
    fn probabilities_are_cut_at_a_half() {
        let mut accuracy = Accuracy::new();
        let prediction = Tensor::from([[0.9f32], [0.5], [0.2], [0.6]]);
        accuracy.update(&prediction, &Tensor::from([1u8, 0, 1, 0])).unwrap();
        assert_eq!(accuracy.value(), 0.5);
    }

    #[test]
    fn the_likeliest_classes_count_in_order() {
        let prediction =
            Tensor::from([[0.1f32, 0.5, 0.4, 0.0], [0.3, 0.3, 0.3, 0.1], [0.3, 0.3, 0.3, 0.2]]);
        let label = Tensor::from([2u8, 1, 2]);
        let values: Vec<f64> = (0..4)
            .map(|k| {
                let mut top = TopK::new(k);
                assert_eq!(top.name(), format!("top-{k} accuracy"));
                top.update(&prediction, &label).unwrap();
                top.value()
            })
            .collect();
        assert_eq!(values, [0.0, 0.0, 2.0 / 3.0, 1.0]);
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
        let fraction = "expected a whole number from 0 to 2, found 1.7 at position 1";
        assert!(text(Tensor::from([0.0, 1.7])).ends_with(fraction));
        assert!(accuracy.update(&Tensor::zeros(()), &Tensor::zeros([2])).is_err());
        assert!(accuracy.update(&Tensor::zeros([2, 0]), &Tensor::zeros([2])).is_err());
        assert_eq!(accuracy.count(), 0);
    }
}
