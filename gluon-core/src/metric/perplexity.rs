//! Perplexity: how surprising the right classes are.

use super::{Mean, Metric, display_value};
use crate::dtype::DType;
use crate::error::Result;
use crate::tensor::Tensor;

/// `e` to the mean of `-ln softmax(prediction)[label]`: among how many equally likely classes a
/// model as good would have to guess.
///
/// MXNet takes probabilities; this takes logits, as a loss does. Logarithms of probabilities are
/// logits too.
///
/// # Shapes
/// `prediction: [.., classes]`; `label`: the class of each row, as any numeric type
///
/// # Errors
/// As of [`softmax_cross_entropy`](Tensor::softmax_cross_entropy).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Perplexity {
    ignore_label: Option<i64>,
    surprise: Mean,
}

impl Perplexity {
    /// The perplexity of no predictions yet.
    pub fn new() -> Perplexity {
        Perplexity::default()
    }

    /// Leaves out rows with this label, such as that of padding; none by default.
    pub fn ignore_label(self, label: i64) -> Perplexity {
        Perplexity { ignore_label: Some(label), ..self }
    }
}

impl Metric for Perplexity {
    fn name(&self) -> &'static str {
        "perplexity"
    }

    fn update(&mut self, prediction: &Tensor, label: &Tensor) -> Result<()> {
        let prediction = prediction.detach();
        let Some(ignored) = self.ignore_label else {
            self.surprise.update(&prediction.softmax_cross_entropy(label)?);
            return Ok(());
        };
        let label = label.to_dtype(prediction.dtype());
        let kept = label.ne(ignored as f64)?;
        let surprise = prediction.softmax_cross_entropy(&label.mul(&kept)?)?;
        let rows = kept.reshape(kept.size())?.to_dtype(DType::F64).to_vec::<f64>()?;
        let rows = (0i64..).zip(rows).filter(|(_, kept)| *kept != 0.0).map(|(row, _)| row);
        let rows: Vec<i64> = rows.collect();
        let count = rows.len();
        let surprise = surprise.reshape(surprise.size())?.take(&Tensor::from_vec(rows, count)?)?;
        self.surprise.update(&surprise);
        Ok(())
    }

    fn value(&self) -> f64 {
        self.surprise.value().exp()
    }

    fn reset(&mut self) {
        self.surprise.reset();
    }

    fn rises(&self) -> bool {
        false
    }
}

display_value! { Perplexity }

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: probabilities 1/2, 1/4 and 1/8 of the right classes have the geometric mean 1/4.
    #[test]
    fn it_is_the_inverse_of_the_mean_probability() {
        let p = Tensor::from([[0.5, 0.3, 0.2], [0.5, 0.25, 0.25], [0.5, 0.375, 0.125]]);
        let mut perplexity = Perplexity::new();
        assert!(perplexity.value().is_nan() && !perplexity.rises());
        let logits = p.log().unwrap();
        perplexity.update(&logits, &Tensor::from([0u8, 1, 2])).unwrap();
        assert!((perplexity.value() - 4.0).abs() < 1e-12);
        assert!(perplexity.update(&logits, &Tensor::from([0i8, 1, -1])).is_err());

        let mut padded = Perplexity::new().ignore_label(-1);
        padded.update(&logits, &Tensor::from([-1i8, 1, -1])).unwrap();
        padded.update(&logits, &Tensor::from([-1i8, -1, -1])).unwrap();
        assert!((padded.value() - 4.0).abs() < 1e-12);
    }
}
