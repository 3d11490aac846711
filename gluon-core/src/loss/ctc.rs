//! Connectionist temporal classification.

use super::{Loss, reduce};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::ops::index_below;
use crate::tensor::Tensor;

/// Connectionist temporal classification, from logits: `-ln p(label)`, where a prediction for each
/// step may be aligned with the shorter label in any way.
///
/// An alignment names a class or the blank at each step; it spells what is left when repeats are
/// merged and blanks removed. The blank is the last class.
///
/// As a [`Loss`] it takes samples that use all steps, and labels padded with −1 at their end;
/// [`forward_lengths`](CtcLoss::forward_lengths) takes both lengths.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Tensor, loss::{CtcLoss, Loss}};
///
/// // 4 samples, 20 steps, 10 classes and the blank; labels of 1 to 4 classes.
/// let prediction = Tensor::zeros([4, 20, 11]);
/// let label = Tensor::from([[1i64, -1, -1, -1], [2, 2, -1, -1], [0, 9, 4, -1], [3, 1, 4, 1]]);
/// let loss = CtcLoss::default().forward(&prediction, &label)?;
/// assert_eq!(loss.shape().dims(), [4]);
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Errors
/// [`Error::BadShape`] and [`Error::ShapeMismatch`] of shapes that do not fit,
/// [`Error::IndexOutOfRange`] if a label is not a class or is the blank, [`Error::BadArgument`] of
/// lengths that do not fit or of a label that has no alignment, being longer than its steps.
///
/// # Source
/// Graves et al. 2006; MXNet 1.9.1, `CTCLoss`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CtcLoss {
    /// The order of the prediction's axes; [`CtcLayout::Ntc`] by default.
    pub layout: CtcLayout,
    /// The factor on the loss; 1 by default.
    pub weight: f64,
}

/// The order of the axes of a [`CtcLoss`]' predictions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CtcLayout {
    /// `[batch, steps, classes]`, the default.
    #[default]
    Ntc,
    /// `[steps, batch, classes]`.
    Tnc,
}

impl Default for CtcLoss {
    fn default() -> CtcLoss {
        CtcLoss { layout: CtcLayout::default(), weight: 1.0 }
    }
}

const NAME: &str = "CtcLoss";

impl CtcLoss {
    /// One with the defaults of all its options.
    pub fn new() -> CtcLoss {
        CtcLoss::default()
    }

    /// The loss of each sample, of which `steps` tells how many steps it uses and `lengths` how
    /// many classes its label has: all steps and all but the padding, where they are not given.
    ///
    /// # Shapes
    /// `prediction`: see [`CtcLayout`]; `label: [batch, length]`; `steps`, `lengths`: `[batch]`
    /// → `[batch]`
    ///
    /// # Errors
    /// As [stated](CtcLoss) for the loss.
    pub fn forward_lengths(
        &self,
        prediction: &Tensor,
        label: &Tensor,
        steps: Option<&Tensor>,
        lengths: Option<&Tensor>,
    ) -> Result<Tensor> {
        if prediction.rank() != 3 || prediction.shape()[2] == 0 {
            let expected = "predictions with axes of samples, steps and classes";
            return Err(Error::BadShape { op: NAME, expected, found: *prediction.shape() });
        }
        let x = match self.layout {
            CtcLayout::Ntc => prediction.clone(),
            CtcLayout::Tnc => prediction.permute(&[1, 0, 2])?,
        };
        let (batch, all_steps, blank) = (x.shape()[0], x.shape()[1], x.shape()[2] - 1);
        if label.rank() != 2 || label.shape()[0] != batch {
            let (lhs, rhs) = (*prediction.shape(), *label.shape());
            return Err(Error::ShapeMismatch { op: NAME, lhs, rhs });
        }
        let width = label.shape()[1];
        let steps = counts("steps", steps, batch, all_steps)?;
        let lengths = counts("lengths", lengths, batch, width)?;
        let classes = label.to_dtype(DType::F64).to_vec::<f64>()?;
        let mut labels = Vec::with_capacity(batch);
        for sample in 0..batch {
            let row = &classes[sample * width..][..width];
            let length = lengths.as_ref().map_or_else(
                || row.iter().position(|&class| class == -1.0).unwrap_or(width),
                |lengths| lengths[sample],
            );
            let class =
                |(i, &index): (usize, &f64)| index_below(NAME, index, blank, sample * width + i);
            let label = row[..length].iter().enumerate().map(class).collect::<Result<Vec<_>>>()?;
            let steps = steps.as_ref().map_or(all_steps, |steps| steps[sample]);
            // A blank must stand between equal neighbours.
            let needed = length + label.windows(2).filter(|pair| pair[0] == pair[1]).count();
            if needed > steps {
                return Err(Error::BadArgument {
                    op: NAME,
                    argument: "label",
                    expected: "no longer than its steps, repeats counted twice",
                    found: format!("{needed} in {steps} steps of sample {sample}"),
                });
            }
            labels.push((steps, label));
        }
        reduce(x.log_softmax()?.ctc(labels, blank)?, self.weight, 0)
    }
}

/// As many counts from 0 to `bound` as there are samples.
fn counts(
    argument: &'static str,
    counts: Option<&Tensor>,
    batch: usize,
    bound: usize,
) -> Result<Option<Vec<usize>>> {
    let Some(counts) = counts else { return Ok(None) };
    let found = |found| Error::BadArgument {
        op: NAME,
        argument,
        expected: "one number a sample, none beyond its axis",
        found,
    };
    if counts.size() != batch {
        return Err(found(format!("shape {} of {batch} samples", counts.shape())));
    }
    let count = |count: f64| {
        // Written so that NaN is out of range.
        let fits = count >= 0.0 && count <= bound as f64;
        if fits { Ok(count as usize) } else { Err(found(format!("{count} of {bound}"))) }
    };
    counts.to_dtype(DType::F64).to_vec()?.into_iter().map(count).collect::<Result<_>>().map(Some)
}

impl Loss for CtcLoss {
    fn elements(&self, prediction: &Tensor, label: &Tensor) -> Result<Tensor> {
        CtcLoss { weight: 1.0, ..*self }.forward_lengths(prediction, label, None, None)
    }

    fn weight(&self) -> f64 {
        self.weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::check;
    use crate::shape::Shape;

    fn logits() -> Tensor {
        let numbers = (0..30).map(|i| (1.7 * f64::from(i) + 0.3).sin() * 2.0).collect();
        Tensor::from_vec::<f64>(numbers, [2, 5, 3]).unwrap()
    }

    #[test]
    fn gradients_match_difference_quotients_in_either_layout() {
        let label = Tensor::from([[0i64, 0, 1], [1, -1, -1]]);
        let loss = CtcLoss { weight: 0.7, ..CtcLoss::default() };
        let error = check::gradients(|v| loss.forward(&v[0], &label), &[logits()], 1e-5).unwrap();
        assert!(error < 1e-8, "{error}");

        let tnc = CtcLoss { layout: CtcLayout::Tnc, ..loss };
        let swapped = logits().permute(&[1, 0, 2]).unwrap();
        let (steps, lengths) = (Tensor::from([5i64, 3]), Tensor::from([2i64, 1]));
        let f = |v: &[Tensor]| tnc.forward_lengths(&v[0], &label, Some(&steps), Some(&lengths));
        let error = check::gradients(f, &[swapped], 1e-5).unwrap();
        assert!(error < 1e-8, "{error}");
    }

    #[test]
    fn no_steps_and_no_label_cost_nothing() {
        // Memory that a loss would find.
        drop([(); 32].map(|()| Tensor::full([3], 7.5, crate::DType::F32)));
        let (x, label) = (Tensor::zeros([3, 0, 4]), Tensor::from_vec(vec![0i64; 0], [3, 0]));
        let loss = CtcLoss::default().forward(&x, &label.unwrap()).unwrap();
        assert_eq!(loss.to_vec::<f32>().unwrap(), [0.0; 3]);
    }

    /// Each of three classes alike: two steps spell the first as `00`, `0_` or `_0`.
    #[test]
    fn a_loss_is_that_of_its_alignments_times_the_weight() {
        let (x, label) = (Tensor::zeros([1, 2, 3]), Tensor::from([[0i64]]));
        for (loss, weight) in
            [(CtcLoss::new(), 1.0), (CtcLoss { weight: 3.0, ..CtcLoss::new() }, 3.0)]
        {
            let found = loss.forward(&x, &label).unwrap().item().unwrap();
            assert!((found - weight * 3f64.ln()).abs() < 1e-6, "{found}");
        }
    }

    #[test]
    fn lengths_and_padding_say_the_same() {
        let label = Tensor::from([[0i64, 1, -1], [1, -1, -1]]);
        let padded = CtcLoss::default().forward(&logits(), &label).unwrap();
        let full = Tensor::from([[0i64, 1, 1], [1, 0, 0]]);
        let lengths = Tensor::from([2i64, 1]);
        let loss = CtcLoss::default();
        assert_eq!(loss.forward_lengths(&logits(), &full, None, Some(&lengths)).unwrap(), padded);
        // Steps that are not used do not count.
        let steps = Tensor::from([4i64, 4]);
        let short = loss.forward_lengths(&logits(), &label, Some(&steps), None).unwrap();
        assert_eq!(short, loss.forward(&logits().slice(1, ..4).unwrap(), &label).unwrap());
    }

    #[test]
    fn labels_that_do_not_fit_are_errors() {
        let text =
            |label: Tensor| CtcLoss::default().forward(&logits(), &label).unwrap_err().to_string();
        assert_eq!(
            text(Tensor::from([[0i64, 0, 0, 1], [0, -1, -1, -1]])),
            "`CtcLoss` expected `label` to be no longer than its steps, repeats counted twice, found 6 in 5 steps of sample 0"
        );
        assert_eq!(
            text(Tensor::from([[0i64], [2]])),
            "`CtcLoss` expected an index from 0 to 1, found 2 at position 1"
        );
        assert!(text(Tensor::from([0i64, 1])).contains("cannot combine shapes (2, 5, 3) and (2,)"));
        let three = Tensor::from([[0i64], [1], [0]]);
        assert!(text(three).contains("cannot combine shapes (2, 5, 3) and (3, 1)"));
        let two = Some(Tensor::from([2i64; 2]));
        let pairs = Tensor::from([[0i64, 1], [1, 1]]);
        let error = CtcLoss::new().forward_lengths(&logits(), &pairs, two.as_ref(), None);
        assert!(error.unwrap_err().to_string().ends_with("found 3 in 2 steps of sample 1"));
        // Classes are counted through all samples.
        let second = text(Tensor::from([[0i64, 1, -1], [1, 0, 5]]));
        assert!(second.ends_with("from 0 to 1, found 5 at position 5"), "{second}");
        let label = Tensor::from([[0i64], [1]]);
        for shape in [&[2, 5][..], &[2, 5, 3, 1], &[2, 5, 0]] {
            let x = Tensor::ones(Shape::new(shape));
            let error = CtcLoss::default().forward(&x, &label).unwrap_err().to_string();
            assert!(error.contains("axes of samples, steps and classes"), "{error}");
        }
        for (steps, found) in [
            (Tensor::from([5i64, 6]), "6 of 5"),
            (Tensor::from([-1i64, 5]), "-1 of 5"),
            (Tensor::from([5.0, f64::NAN]), "NaN of 5"),
            (Tensor::from([5i64, 5, 5]), "shape (3,) of 2 samples"),
        ] {
            let error = CtcLoss::default().forward_lengths(&logits(), &label, Some(&steps), None);
            let error = error.unwrap_err().to_string();
            assert!(error.ends_with(&format!("found {found}")), "{error}");
        }
    }

    /// A sample may use none of its steps, if it has no label.
    #[test]
    fn a_sample_without_steps_costs_nothing() {
        let (steps, lengths) = (Tensor::from([0i64, 5]), Tensor::from([0i64, 1]));
        let label = Tensor::from([[0i64], [1]]);
        let loss = |steps: &Tensor, lengths: &Tensor| {
            let loss = CtcLoss::default();
            loss.forward_lengths(&logits(), &label, Some(steps), Some(lengths))?.to_vec::<f64>()
        };
        let found = loss(&steps, &lengths).unwrap();
        assert_eq!(found, [0.0, loss(&Tensor::from([5i64, 5]), &lengths).unwrap()[1]]);
        let error = loss(&steps, &Tensor::from([1i64, 1])).unwrap_err().to_string();
        assert!(error.ends_with("found 1 in 0 steps of sample 0"), "{error}");
    }
}
