//! AUC: how well scores tell two classes apart, wherever one cuts.

use super::classes::labels;
use super::{Metric, display_value};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// The area under the receiver operating characteristic: the probability that a sample of class 1
/// has a higher score than one of class 0, equal scores counting half.
///
/// It keeps all scores. NaN as long as one of the classes has not been seen.
///
/// # Shapes
/// `prediction`: a score for each label, or `[.., 2]`, of which class 1's score less class 0's
/// counts; `label`: 0 or 1
///
/// # Errors
/// [`Error::ShapeMismatch`] if there is not one score, or pair of scores, a label;
/// [`Error::IndexOutOfRange`] if a label is neither 0 nor 1; [`Error::BadArgument`] if a score is
/// NaN.
///
/// # Source
/// Mann & Whitney 1947; Hanley & McNeil 1982.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Auc {
    /// Scores, and whether their class is 1.
    scores: Vec<(f64, bool)>,
}

impl Auc {
    /// That of no predictions yet.
    pub fn new() -> Auc {
        Auc::default()
    }
}

impl Metric for Auc {
    fn name(&self) -> &'static str {
        "AUC"
    }

    fn update(&mut self, prediction: &Tensor, label: &Tensor) -> Result<()> {
        let op = "Auc::update";
        let labels = labels(op, label, 2)?;
        let mut scores = prediction.to_dtype(DType::F64).to_vec::<f64>()?;
        if scores.len() == 2 * labels.len() && prediction.shape().last() == Some(&2) {
            scores = scores.chunks_exact(2).map(|pair| pair[1] - pair[0]).collect();
        }
        if scores.len() != labels.len() {
            return Err(Error::ShapeMismatch { op, lhs: *prediction.shape(), rhs: *label.shape() });
        }
        if let Some(row) = scores.iter().position(|score| score.is_nan()) {
            let (argument, expected) = ("prediction", "numbers");
            let found = format!("NaN at position {row}");
            return Err(Error::BadArgument { op, argument, expected, found });
        }
        self.scores.extend(scores.into_iter().zip(labels.into_iter().map(|label| label == 1)));
        Ok(())
    }

    fn value(&self) -> f64 {
        let mut scores = self.scores.clone();
        scores.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let (mut below, mut pairs, mut positives) = (0.0, 0.0, 0.0);
        for equal in scores.chunk_by(|a, b| a.0 == b.0) {
            let yes = equal.iter().filter(|(_, yes)| *yes).count() as f64;
            let no = equal.len() as f64 - yes;
            pairs += yes * (below + no / 2.0);
            below += no;
            positives += yes;
        }
        pairs / (positives * below)
    }

    fn reset(&mut self) {
        self.scores.clear();
    }
}

display_value! { Auc }

#[cfg(test)]
mod tests {
    use super::*;

    fn auc(scores: &[f64], labels: &[u8]) -> f64 {
        let mut auc = Auc::new();
        let tensor = |values: &[f64]| Tensor::from_vec(values.to_vec(), values.len()).unwrap();
        let labels = Tensor::from_vec(labels.to_vec(), labels.len()).unwrap();
        auc.update(&tensor(scores), &labels).unwrap();
        auc.value()
    }

    #[test]
    fn it_is_the_share_of_pairs_in_order() {
        // The example of scikit-learn's `roc_auc_score`.
        assert_eq!(auc(&[0.1, 0.4, 0.35, 0.8], &[0, 0, 1, 1]), 0.75);
        assert_eq!(auc(&[1.0, 2.0, 3.0], &[0, 1, 1]), 1.0);
        assert_eq!(auc(&[3.0, 2.0, 1.0], &[0, 1, 1]), 0.0);
        assert_eq!(auc(&[5.0; 4], &[0, 1, 0, 1]), 0.5);
        assert_eq!(auc(&[0.0, -0.0, 1.0], &[0, 1, 1]), 0.75);
        assert!(auc(&[1.0, 2.0], &[1, 1]).is_nan());
    }

    #[test]
    fn pairs_of_scores_are_their_difference() {
        let mut auc = Auc::new();
        let scores = Tensor::from([[0.9f32, 0.1], [0.6, 0.4], [0.65, 0.35], [0.2, 0.8]]);
        auc.update(&scores, &Tensor::from([0u8, 0, 1, 1])).unwrap();
        assert_eq!(auc.to_string(), "0.7500");
        let before = auc.clone();
        assert!(auc.update(&scores, &Tensor::from([0u8, 1])).is_err());
        assert!(auc.update(&Tensor::from([f64::NAN]), &Tensor::from([1u8])).is_err());
        assert!(auc.update(&Tensor::from([1.0]), &Tensor::from([2u8])).is_err());
        assert_eq!(auc, before);
    }
}
