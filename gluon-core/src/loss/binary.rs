//! Losses of yes or no.

use super::{like, loss, of_type};
use crate::error::Result;
use crate::tensor::Tensor;

loss! {
    /// Binary cross-entropy of the sigmoid `s` of the predictions, from logits:
    /// `-(label · ln s + (1 - label) · ln(1 - s))`.
    ///
    /// # Shapes
    /// `prediction: [batch, ..]`, `label`: as many elements, probabilities from 0 to 1 → `[batch]`
    SigmoidBinaryCrossEntropyLoss {
        /// Whether predictions are probabilities already; false by default. Their logarithms are
        /// taken of 1e-12 more.
        from_sigmoid: bool = false,
        /// The factor on the loss of positive labels, of a shape that broadcasts against the
        /// predictions, such as one number a class; none by default.
        pos_weight: Option<Tensor> = None,
    } => cross_entropy
}

loss! {
    /// `ln(1 + e^(-label · prediction))` of labels −1 and 1: binary cross-entropy, from logits.
    ///
    /// # Shapes
    /// `prediction: [batch, ..]`, `label`: as many elements → `[batch]`
    LogisticLoss {
        /// What labels are; [`LabelFormat::Signed`] by default.
        label_format: LabelFormat = LabelFormat::Signed,
    } => logistic
}

loss! {
    /// `max(0, margin - label · prediction)` of labels −1 and 1.
    ///
    /// # Shapes
    /// `prediction: [batch, ..]`, `label`: as many elements → `[batch]`
    HingeLoss {
        /// How far on the right side a prediction costs nothing; 1 by default.
        margin: f64 = 1.0,
    } => hinge
}

loss! {
    /// `max(0, margin - label · prediction)²` of labels −1 and 1.
    ///
    /// # Shapes
    /// `prediction: [batch, ..]`, `label`: as many elements → `[batch]`
    SquaredHingeLoss {
        /// How far on the right side a prediction costs nothing; 1 by default.
        margin: f64 = 1.0,
    } => squared_hinge
}

/// How labels say yes and no.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LabelFormat {
    /// As 1 and −1; the default.
    #[default]
    Signed,
    /// As 1 and 0.
    Binary,
}

fn cross_entropy(
    loss: &SigmoidBinaryCrossEntropyLoss,
    prediction: &Tensor,
    label: &Tensor,
) -> Result<Tensor> {
    let op = "SigmoidBinaryCrossEntropyLoss";
    let label = like(op, label, prediction)?;
    let no = label.mul(-1.0)?.add(1.0)?;
    let yes = match &loss.pos_weight {
        Some(weight) => label.mul(&of_type(op, label.dtype(), weight)?)?,
        None => label,
    };
    if loss.from_sigmoid {
        let surprise = |p: Tensor| p.add(1e-12)?.log();
        let (of_yes, of_no) =
            (surprise(prediction.clone())?, surprise(prediction.neg()?.add(1.0)?)?);
        return yes.mul(&of_yes)?.add(&no.mul(&of_no)?)?.neg();
    }
    from_logits(prediction, &yes, &no)
}

/// `-yes · ln s - no · ln(1 - s)` of the sigmoid `s` of `x`: sums of positive terms, so nothing is
/// lost however large `x` is.
fn from_logits(x: &Tensor, yes: &Tensor, no: &Tensor) -> Result<Tensor> {
    yes.mul(&x.neg()?.softplus()?)?.add(&no.mul(&x.softplus()?)?)
}

fn logistic(loss: &LogisticLoss, prediction: &Tensor, label: &Tensor) -> Result<Tensor> {
    let label = like("LogisticLoss", label, prediction)?;
    let yes = match loss.label_format {
        LabelFormat::Signed => label.add(1.0)?.mul(0.5)?,
        LabelFormat::Binary => label,
    };
    from_logits(prediction, &yes, &yes.mul(-1.0)?.add(1.0)?)
}

/// How far predictions are from where they cost nothing.
fn shortfall(op: &'static str, margin: f64, prediction: &Tensor, label: &Tensor) -> Result<Tensor> {
    like(op, label, prediction)?.mul(prediction)?.mul(-1.0)?.add(margin)?.relu()
}

fn hinge(loss: &HingeLoss, prediction: &Tensor, label: &Tensor) -> Result<Tensor> {
    shortfall("HingeLoss", loss.margin, prediction, label)
}

fn squared_hinge(loss: &SquaredHingeLoss, prediction: &Tensor, label: &Tensor) -> Result<Tensor> {
    shortfall("SquaredHingeLoss", loss.margin, prediction, label)?.square()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::{check, record};
    use crate::loss::Loss;

    fn weighted() -> SigmoidBinaryCrossEntropyLoss {
        let pos_weight = Some(Tensor::from([2.0, 0.5, 3.0]));
        SigmoidBinaryCrossEntropyLoss { pos_weight, ..Default::default() }
    }

    #[test]
    fn gradients_match_difference_quotients() {
        let x = Tensor::from([[0.3, -1.2, 2.5], [1.1, 0.9, -0.4]]);
        let label = Tensor::from([[0.0, 1.0, 1.0], [0.3, 1.0, 0.0]]);
        let binary = LogisticLoss { label_format: LabelFormat::Binary, ..Default::default() };
        let losses: [(&str, Box<dyn Loss>); 5] = [
            ("cross-entropy", Box::new(weighted())),
            ("logistic", Box::new(LogisticLoss::default())),
            ("binary", Box::new(binary)),
            ("hinge", Box::new(HingeLoss { margin: 1.5, ..Default::default() })),
            ("squared hinge", Box::new(SquaredHingeLoss::default())),
        ];
        for (name, loss) in losses {
            let f = |v: &[Tensor]| loss.forward(&v[0], &v[1]);
            let error = check::gradients(f, &[x.clone(), label.clone()], 1e-5).unwrap();
            assert!(error < 1e-8, "{name}: {error}");
        }
        let probabilities = SigmoidBinaryCrossEntropyLoss { from_sigmoid: true, ..weighted() };
        let f = |v: &[Tensor]| probabilities.forward(&v[0].sigmoid()?, &label);
        let error = check::gradients(f, &[x], 1e-5).unwrap();
        assert!(error < 1e-8, "{error}");
    }

    #[test]
    fn probabilities_and_their_logits_cost_the_same() {
        let x = Tensor::from([[0.3, -1.2, 2.5]]);
        let label = Tensor::from([[0.0, 1.0, 0.4]]);
        let probabilities = SigmoidBinaryCrossEntropyLoss { from_sigmoid: true, ..weighted() };
        let ours = weighted().forward(&x, &label).unwrap().item().unwrap();
        let theirs = probabilities.forward(&x.sigmoid().unwrap(), &label).unwrap().item().unwrap();
        assert!((ours - theirs).abs() < 1e-10);
    }

    /// By the definition: `label · ln(1 + e⁻ˣ)`.
    #[test]
    fn weights_of_positive_labels_have_gradients() {
        for dtype in [crate::DType::F32, crate::DType::F64] {
            let mut weight = Tensor::from([2.0f64]).to_dtype(dtype);
            weight.attach_grad();
            let pos_weight = Some(weight.clone());
            let bce = SigmoidBinaryCrossEntropyLoss { pos_weight, ..Default::default() };
            let (x, label) = (Tensor::from([[0.3f32]]), Tensor::from([[1.0f32]]));
            record(|| bce.forward(&x, &label)).unwrap().backward().unwrap();
            let gradient = weight.grad().unwrap().item().unwrap();
            assert!((gradient - 0.554_355).abs() < 1e-6, "{gradient}");
        }
    }

    /// By the definitions: ln(1 + e⁻¹⁰⁰) is e⁻¹⁰⁰, and at 0 the gradient is 1/2 - label.
    #[test]
    fn extreme_and_zero_logits_are_exact() {
        let mut x = Tensor::from([100.0f32, -100.0, 100.0, 0.0]);
        x.attach_grad();
        let label = Tensor::from([1.0f32, 0.0, 0.0, 1.0]);
        let bce = SigmoidBinaryCrossEntropyLoss::default();
        let loss = record(|| bce.forward(&x, &label)).unwrap();
        let tiny = (-100f64).exp() as f32;
        let expected = [tiny, tiny, 100.0, std::f32::consts::LN_2];
        for (found, expected) in loss.to_vec::<f32>().unwrap().into_iter().zip(expected) {
            assert!((found - expected).abs() <= 1e-6 * expected, "{found} {expected}");
        }
        loss.backward().unwrap();
        let gradient = x.grad().unwrap().to_vec::<f32>().unwrap();
        assert_eq!(gradient[2..], [1.0, -0.5]);
        assert!((gradient[0] + tiny).abs() <= 1e-6 * tiny, "{gradient:?}");
    }
}
