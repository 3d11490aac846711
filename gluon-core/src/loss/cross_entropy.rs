//! Losses of classes and their probabilities.

use super::{like, loss, other_axes};
use crate::error::{Error, Result};
use crate::ops::resolve_axis;
use crate::shape::MAX_RANK;
use crate::tensor::Tensor;

loss! {
    /// Cross-entropy of the softmax of the predictions, from logits:
    /// `-log softmax(prediction)[label]`.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::{Tensor, loss::{Loss, SoftmaxCrossEntropyLoss}};
    ///
    /// // Sentences of 3 and 1 words, padded with −1 to one length.
    /// let label = Tensor::from([[0i64, 1, 1], [2, -1, -1]]);
    /// let loss = SoftmaxCrossEntropyLoss { ignore_label: Some(-1), ..Default::default() };
    /// let loss = loss.forward(&Tensor::zeros([2, 3, 4]), &label)?;
    /// assert!(loss.sub(4f64.ln())?.abs()?.max()?.item()? < 1e-6);
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Shapes
    /// `prediction: [batch, .., classes]`. Sparse labels: the class of each sample, as any numeric
    /// type, `[batch, ..]`; dense ones: a probability of each class, `[batch, .., classes]`.
    /// → `[batch]`, the mean over the axes between. Elements are `[batch, ..]`, with an axis of
    /// size 1 where those of the classes were if they were not last.
    ///
    /// # Errors
    /// [`Error::IndexOutOfRange`] if a sparse label is not a class: Gluon clips it silently, and
    /// truncates fractions.
    /// [`Error::BadArgument`] if `smoothing` is not from 0 to 1, or dense labels are to be ignored.
    SoftmaxCrossEntropyLoss {
        /// The axis of the classes; the last by default.
        axis: isize = -1,
        /// Whether labels are classes, not probabilities; true by default.
        sparse_label: bool = true,
        /// Whether predictions are log-probabilities already; false by default.
        from_logits: bool = false,
        /// The share of each label that is spread over all classes, from 0 to 1; 0 by default.
        /// (Szegedy et al. 2016, section 7.)
        smoothing: f64 = 0.0,
        /// The sparse label, such as that of padding, whose elements count neither in the loss nor
        /// in the mean; none by default. A sample of such elements alone has the loss 0.
        ignore_label: Option<i64> = None,
    } => cross_entropy
}

loss! {
    /// The Kullback-Leibler divergence of the predicted from the labelled probabilities:
    /// `Σ label · (ln label - ln prediction)` over the classes.
    ///
    /// The logarithm of a label is taken of 1e-12 more. The sum is over the classes, as in Gluon
    /// 1.9.1; over further axes it is the mean.
    ///
    /// # Shapes
    /// `prediction: [batch, .., classes]`, `label`: as many elements → `[batch]`
    KlDivLoss {
        /// The axis of the classes; the last by default.
        axis: isize = -1,
        /// Whether predictions are log-probabilities, not logits; true by default.
        from_logits: bool = true,
    } => divergence
}

const NAME: &str = "SoftmaxCrossEntropyLoss";

fn cross_entropy(
    loss: &SoftmaxCrossEntropyLoss,
    prediction: &Tensor,
    label: &Tensor,
) -> Result<Tensor> {
    let bad =
        |argument, expected, found| Error::BadArgument { op: NAME, argument, expected, found };
    if !(0.0..=1.0).contains(&loss.smoothing) {
        return Err(bad("smoothing", "from 0 to 1", loss.smoothing.to_string()));
    }
    if let (Some(ignored), false) = (loss.ignore_label, loss.sparse_label) {
        return Err(bad("ignore_label", "none of dense labels", ignored.to_string()));
    }
    let Classes { x, axis } = Classes::of(prediction, loss.axis)?;
    if loss.sparse_label && label.shape() == prediction.shape() && x.shape().last() != Some(&1) {
        let expected = "one class a row; for a probability of each class set `sparse_label: false`";
        return Err(bad(
            "label",
            expected,
            format!("the shape of the prediction, {}", label.shape()),
        ));
    }
    let Some(ignored) = loss.ignore_label else {
        return with_axis(rows(loss, &x, prediction, label)?, axis);
    };
    let label = label.reshape(x.shape().without(x.rank() - 1))?.to_dtype(x.dtype());
    let kept = label.ne(ignored as f64)?;
    let rows = rows(loss, &x, prediction, &label.mul(&kept)?)?;
    // Chosen, for infinity times 0 would be NaN.
    let rows = kept.choose(&rows, &Tensor::scalar(0.0, rows.dtype()))?;
    let shares = shares(with_axis(kept, axis)?, loss.batch_axis)?;
    with_axis(rows, axis)?.mul(&shares)
}

/// The loss of each row of `x`, which is `prediction` with the classes last.
fn rows(
    loss: &SoftmaxCrossEntropyLoss,
    x: &Tensor,
    prediction: &Tensor,
    label: &Tensor,
) -> Result<Tensor> {
    if loss.sparse_label && loss.smoothing == 0.0 {
        return match loss.from_logits {
            true => x.pick(label)?.neg(),
            false => x.softmax_cross_entropy(label),
        };
    }
    let classes = x.shape().last().copied().unwrap_or_default();
    let target = match loss.sparse_label {
        true => like(NAME, &label.one_hot(classes)?, x)?,
        false => Classes::of(&like(NAME, label, prediction)?, loss.axis)?.x,
    };
    let target = match loss.smoothing {
        0.0 => target,
        share => target.mul(1.0 - share)?.add(share / classes as f64)?,
    };
    match loss.from_logits {
        true => x.mul(&target)?.sum_axes(&[-1], false)?.neg(),
        false => x.softmax_cross_entropy_dense(&target),
    }
}

/// What elements are multiplied by so that the mean over all of them, which follows, is that over
/// those that are `kept`.
fn shares(kept: Tensor, batch_axis: usize) -> Result<Tensor> {
    let n_kept = match other_axes(&kept, batch_axis, &mut [0; MAX_RANK])? {
        [] => return Ok(kept),
        others => kept.sum_axes(others, true)?,
    };
    let count = kept.size() as f64 / n_kept.size().max(1) as f64;
    kept.mul(count)?.div(&n_kept.maximum(1.0)?)
}

fn divergence(loss: &KlDivLoss, prediction: &Tensor, label: &Tensor) -> Result<Tensor> {
    let label = Classes::of(&like("KlDivLoss", label, prediction)?, loss.axis)?.x;
    let Classes { x, axis } = Classes::of(prediction, loss.axis)?;
    let x = if loss.from_logits { x } else { x.log_softmax()? };
    let elements = label.mul(&label.add(1e-12)?.log()?.sub(&x)?)?;
    with_axis(elements.sum_axes(&[-1], false)?, axis)
}

/// Predictions or dense labels with the classes last.
struct Classes {
    x: Tensor,
    /// Where they were, unless they were last.
    axis: Option<usize>,
}

impl Classes {
    fn of(x: &Tensor, axis: isize) -> Result<Classes> {
        let axis = resolve_axis("loss", axis, x.shape())?;
        if axis + 1 == x.rank() {
            return Ok(Classes { x: x.clone(), axis: None });
        }
        let mut order: Vec<usize> = (0..x.rank()).filter(|&other| other != axis).collect();
        order.push(axis);
        Ok(Classes { x: x.permute(&order)?, axis: Some(axis) })
    }
}

/// One number a row, with an axis of size 1 where the classes were: so the batch axis keeps its
/// number.
fn with_axis(rows: Tensor, axis: Option<usize>) -> Result<Tensor> {
    match axis {
        Some(axis) => rows.expand_dims(axis as isize),
        None => Ok(rows),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::check;
    use crate::loss::Loss;

    fn logits() -> Tensor {
        let numbers = (0..24).map(|i| (1.7 * f64::from(i) + 0.3).sin() * 2.0).collect();
        Tensor::from_vec::<f64>(numbers, [2, 3, 4]).unwrap()
    }

    fn default() -> SoftmaxCrossEntropyLoss {
        SoftmaxCrossEntropyLoss::default()
    }

    #[test]
    fn gradients_match_difference_quotients() {
        let label = Tensor::from([[0i64, 3, -1], [1, 2, 2]]);
        let ignore_label = Some(-1);
        let probabilities = logits().neg().unwrap().softmax().unwrap();
        let clipped = label.to_dtype(crate::DType::F64).relu().unwrap();
        type Case = (&'static str, Box<dyn Loss>, Tensor);
        let dense = SoftmaxCrossEntropyLoss { sparse_label: false, axis: 1, ..default() };
        let divergence = KlDivLoss { from_logits: false, axis: 1, ..Default::default() };
        let cases: [Case; 5] = [
            ("sparse", Box::new(default()), clipped),
            (
                "ignored",
                Box::new(SoftmaxCrossEntropyLoss { ignore_label, ..default() }),
                label.clone(),
            ),
            (
                "smoothed",
                Box::new(SoftmaxCrossEntropyLoss { ignore_label, smoothing: 0.1, ..default() }),
                label,
            ),
            ("dense", Box::new(dense), probabilities.clone()),
            ("divergence", Box::new(divergence), probabilities),
        ];
        for (name, loss, label) in cases {
            let f = |v: &[Tensor]| loss.forward(&v[0], &label);
            let error = check::gradients(f, &[logits()], 1e-5).unwrap();
            assert!(error < 1e-8, "{name}: {error}");
        }
    }

    /// Of a target too; the numbers are `-log softmax(x)`.
    #[test]
    fn probabilities_have_gradients() {
        let x = Tensor::from([[0.3f32, -1.0]]);
        let dense = SoftmaxCrossEntropyLoss { sparse_label: false, ..default() };
        for dtype in [crate::DType::F32, crate::DType::F64] {
            let mut target = Tensor::from([[0.5f64, 0.5]]).to_dtype(dtype);
            target.attach_grad();
            crate::autograd::record(|| dense.forward(&x, &target)).unwrap().backward().unwrap();
            let gradient = target.grad().unwrap();
            assert_eq!(gradient.dtype(), dtype);
            let gradient = gradient.to_dtype(crate::DType::F64).to_vec::<f64>().unwrap();
            for (found, expected) in gradient.iter().zip([0.241_008, 1.541_008]) {
                assert!((found - expected).abs() < 1e-6, "{gradient:?}");
            }
        }
        let smoothed = SoftmaxCrossEntropyLoss { smoothing: 0.1, axis: 1, ..dense };
        let f = |v: &[Tensor]| smoothed.forward(&v[0], &v[1].softmax()?);
        assert!(check::gradients(f, &[logits(), logits().neg().unwrap()], 1e-5).unwrap() < 1e-8);
    }

    /// The numbers are PyTorch's, of `cross_entropy` with `ignore_index` and `label_smoothing`.
    #[test]
    fn ignored_elements_may_have_any_logits() {
        let infinite = f32::NEG_INFINITY;
        let label = Tensor::from([[-1i64, 2]]);
        for row in [[infinite, 1.0, 2.0], [f32::NAN; 3], [infinite; 3], [f32::INFINITY, 0.0, 0.0]] {
            for (smoothing, from_logits, expected) in [
                (0.0, false, [0.407_606, 0.090_031, 0.244_728, -0.334_759]),
                (0.1, false, [0.507_606, 0.056_697, 0.211_395, -0.268_092]),
                (0.0, true, [-2.0, 0.0, 0.0, -1.0]),
                (0.1, true, [-1.9, -0.033_333, -0.033_333, -0.933_333]),
            ] {
                let ignore_label = Some(-1);
                let loss =
                    SoftmaxCrossEntropyLoss { ignore_label, smoothing, from_logits, ..default() };
                let mut x = Tensor::from([[row, [0.0, 1.0, 2.0]]]);
                x.attach_grad();
                let loss = crate::autograd::record(|| loss.forward(&x, &label)).unwrap();
                let mut found = loss.to_vec::<f32>().unwrap();
                loss.backward().unwrap();
                let gradient = x.grad().unwrap().to_vec::<f32>().unwrap();
                assert_eq!(gradient[..3], [0.0; 3], "{row:?} {smoothing} {from_logits}");
                found.extend(&gradient[3..]);
                let near = found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-6);
                assert!(near, "{row:?} {smoothing} {from_logits}: {found:?}");
            }
        }
    }

    fn close(found: &Tensor, expected: &Tensor) {
        assert_eq!(found.shape(), expected.shape());
        let difference = found.sub(expected).unwrap().abs().unwrap().max().unwrap();
        assert!(difference.item().unwrap() < 1e-14, "{found:?} {expected:?}");
    }

    /// Smoothed: `(1 - ε) · H(onehot, p) + ε · H(uniform, p)`, as the paper writes it.
    #[test]
    fn smoothing_mixes_the_label_with_all_classes() {
        let label = Tensor::from([[0i64, 3, 1], [1, 2, 2]]);
        let plain = default().elements(&logits(), &label).unwrap();
        let uniform =
            logits().log_softmax().unwrap().mean_axes(&[-1], false).unwrap().neg().unwrap();
        let expected = plain.mul(0.8).unwrap().add(uniform.mul(0.2).unwrap()).unwrap();
        let smoothed = SoftmaxCrossEntropyLoss { smoothing: 0.2, ..default() };
        close(&smoothed.elements(&logits(), &label).unwrap(), &expected);
        let dense = SoftmaxCrossEntropyLoss { sparse_label: false, ..smoothed.clone() };
        close(&dense.elements(&logits(), &label.one_hot(4).unwrap()).unwrap(), &expected);
        let from_logits = SoftmaxCrossEntropyLoss { from_logits: true, ..smoothed };
        let logs = logits().log_softmax().unwrap();
        close(&from_logits.elements(&logs, &label).unwrap(), &expected);
    }

    #[test]
    fn ignored_elements_count_neither_in_the_loss_nor_in_the_mean() {
        let loss = SoftmaxCrossEntropyLoss { ignore_label: Some(7), ..default() };
        let first = SoftmaxCrossEntropyLoss { axis: 1, ..loss.clone() };
        let swapped = logits().permute(&[0, 2, 1]).unwrap();
        let full = Tensor::from([[0i64, 0, 1], [0, 0, 2]]);
        let each = default().elements(&logits(), &full).unwrap().to_vec::<f64>().unwrap();
        for (last, expected) in [(2i64, each[5]), (7, 0.0)] {
            let label = Tensor::from([[0, 7, 1], [7, 7, last]]);
            let expected = Tensor::from([(each[0] + each[2]) / 2.0, expected]);
            close(&loss.forward(&logits(), &label).unwrap(), &expected);
            close(&first.forward(&swapped, &label).unwrap(), &expected);
        }
        let error = loss.forward(&logits(), &Tensor::full([2, 3], 9.0, crate::DType::F64));
        assert!(matches!(error, Err(Error::IndexOutOfRange { index: 9.0, .. })));
    }

    #[test]
    fn options_that_make_no_sense_are_errors() {
        let text = |loss: SoftmaxCrossEntropyLoss| {
            loss.forward(&Tensor::zeros([2, 3]), &Tensor::zeros([2, 3])).unwrap_err().to_string()
        };
        let wide = SoftmaxCrossEntropyLoss { smoothing: 1.5, ..default() };
        assert!(text(wide).ends_with("expected `smoothing` to be from 0 to 1, found 1.5"));
        let dense = SoftmaxCrossEntropyLoss { sparse_label: false, ..default() };
        assert!(
            text(SoftmaxCrossEntropyLoss { ignore_label: Some(0), ..dense.clone() })
                .ends_with("expected `ignore_label` to be none of dense labels, found 0")
        );
        let error = default().forward(&logits(), &logits()).unwrap_err().to_string();
        let found = "expected `label` to be one class a row; for a probability of each class set \
                     `sparse_label: false`, found the shape of the prediction, (2, 3, 4)";
        assert!(error.ends_with(found), "{error}");
        // Of one class there is nothing else that a label could be.
        let one = default().forward(&Tensor::zeros([2, 1]), &Tensor::zeros([2, 1])).unwrap();
        assert_eq!(one, Tensor::zeros([2]));
        let far = SoftmaxCrossEntropyLoss { axis: 2, ..dense };
        assert_eq!(text(far), "`loss` expected an axis from -2 to 1, found 2 for shape (2, 3)");
    }
}
