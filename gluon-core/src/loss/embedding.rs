//! Losses of embeddings: what is alike should be near, what is not far.

use super::{KlDivLoss, Loss, like, loss, other_axes, reduce};
use crate::error::{Error, Result};
use crate::shape::MAX_RANK;
use crate::tensor::Tensor;

loss! {
    /// By how much an anchor is nearer to something unlike it than to something like it:
    /// `max(0, Σ((positive - anchor)² - (negative - anchor)²) + margin)`.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::{Tensor, loss::TripletLoss};
    ///
    /// let anchor = Tensor::zeros([2, 2]);
    /// let positive = Tensor::from([[1.0f32, 0.0], [1.0, 0.0]]);
    /// let negative = Tensor::from([[0.0f32, 1.0], [2.0, 0.0]]);
    /// let loss = TripletLoss::default().forward(&anchor, &positive, &negative)?;
    /// assert_eq!(loss, Tensor::from([1.0f32, 0.0]));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Source
    /// Schroff et al. 2015, equation 3.
    TripletLoss {
        /// How much farther what is unlike must be to cost nothing; 1 by default.
        margin: f64 = 1.0,
    }
}

impl TripletLoss {
    /// The loss of each sample.
    ///
    /// # Shapes
    /// `anchor: [batch, ..]`; `positive` and `negative`: as many elements → `[batch]`
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if the numbers of elements differ.
    pub fn forward(&self, anchor: &Tensor, positive: &Tensor, negative: &Tensor) -> Result<Tensor> {
        let distance = |other| like("TripletLoss", other, anchor)?.sub(anchor)?.square();
        let difference = distance(positive)?.sub(&distance(negative)?)?;
        let sum = match other_axes(&difference, self.batch_axis, &mut [0; MAX_RANK])? {
            [] => difference,
            others => difference.sum_axes(others, false)?,
        };
        reduce(sum.add(self.margin)?.relu()?, self.weight, 0)
    }
}

loss! {
    /// The cosine of the angle between two vectors: `1 - cos` where they are alike, and
    /// `max(0, cos - margin)` where they are not.
    ///
    /// A vector's length counts as at least 1e-12. Gluon's loss has the shape `[batch, 1]`.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::{Tensor, loss::CosineEmbeddingLoss};
    ///
    /// let first = Tensor::from([[1.0f32, 0.0], [1.0, 0.0]]);
    /// let second = Tensor::from([[0.0f32, 2.0], [3.0, 0.0]]);
    /// let label = Tensor::from([1i64, -1]);               // alike, and not
    /// let loss = CosineEmbeddingLoss { margin: 0.25, ..Default::default() };
    /// assert_eq!(loss.forward(&first, &second, &label)?, Tensor::from([1.0f32, 0.75]));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    CosineEmbeddingLoss {
        /// The cosine, from −1 to 1, up to which unlike vectors cost nothing; 0 by default.
        margin: f64 = 0.0,
    }
}

impl CosineEmbeddingLoss {
    /// The loss of each sample.
    ///
    /// # Shapes
    /// `first`, `second`: `[batch, .., n]`; `label`: `[batch, ..]`, positive where they are alike
    /// → `[batch]`
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if shapes do not fit.
    pub fn forward(&self, first: &Tensor, second: &Tensor, label: &Tensor) -> Result<Tensor> {
        let op = "CosineEmbeddingLoss";
        let second = like(op, second, first)?;
        let sum = |x: Tensor| x.sum_axes(&[-1], false);
        let length = |x: &Tensor| sum(x.square()?)?.maximum(1e-24)?.sqrt();
        let cosine = sum(first.mul(&second)?)?;
        // One after the other: the square of a product so small would be 0.
        let cosine = cosine.div(&length(first)?)?.div(&length(&second)?)?;
        let alike = like(op, label, &cosine)?.gt(0.0)?;
        let unlike = cosine.sub(self.margin)?.relu()?;
        let loss = alike.choose(&cosine.neg()?.add(1.0)?, &unlike)?;
        reduce(loss, self.weight, self.batch_axis)
    }
}

loss! {
    /// Smoothed deep metric learning: of a batch of pairs, each first vector's distances to all
    /// second vectors should tell which one it belongs to.
    ///
    /// The loss of a pair is the divergence of `softmax(-distance²)` over the batch from
    /// probabilities of `1 - smoothing` of its partner, the rest shared by the others.
    ///
    /// # Source
    /// Bonadiman et al. 2019; MXNet 1.9.1, `SDMLLoss`.
    SdmlLoss {
        /// The probability, from 0 to 1, of not belonging to its partner; 0.3 by default.
        smoothing: f64 = 0.3,
    }
}

impl SdmlLoss {
    /// The loss of each pair.
    ///
    /// # Shapes
    /// `first`, `second`: `[batch, n]`, at least two pairs → `[batch]`
    ///
    /// # Errors
    /// [`Error::BadShape`] unless there are two axes and two pairs, [`Error::ShapeMismatch`] if the
    /// shapes differ.
    pub fn forward(&self, first: &Tensor, second: &Tensor) -> Result<Tensor> {
        let op = "SdmlLoss";
        if first.rank() != 2 || first.shape()[0] < 2 {
            let expected = "at least two rows of two axes";
            return Err(Error::BadShape { op, expected, found: *first.shape() });
        }
        if first.shape() != second.shape() {
            return Err(Error::ShapeMismatch { op, lhs: *first.shape(), rhs: *second.shape() });
        }
        let pairs = first.shape()[0];
        let difference = first.expand_dims(1)?.sub(&second.expand_dims(0)?)?; // (pairs, pairs, n)
        let distance = difference.square()?.sum_axes(&[2], false)?;
        let rest = self.smoothing / (pairs - 1) as f64;
        let partner = Tensor::eye(pairs).to_dtype(first.dtype());
        let label = partner.mul(1.0 - self.smoothing - rest)?.add(rest)?;
        let divergence = KlDivLoss { from_logits: false, ..KlDivLoss::default() };
        let loss = divergence.elements(&distance.neg()?, &label)?;
        reduce(loss, self.weight, self.batch_axis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::{check, record};
    use crate::loss::SoftmaxCrossEntropyLoss;
    use crate::shape::Shape;

    fn vectors(seed: f64) -> Tensor {
        let numbers = (0..6).map(|i| (1.3 * f64::from(i) + seed).sin()).collect();
        Tensor::from_vec::<f64>(numbers, [3, 2]).unwrap()
    }

    #[test]
    fn gradients_match_difference_quotients() {
        let inputs = [vectors(0.1), vectors(2.0), vectors(0.7)];
        let triplet = TripletLoss { margin: 0.4, weight: 2.0, ..Default::default() };
        let f = |v: &[Tensor]| triplet.forward(&v[0], &v[1], &v[2]);
        let error = check::gradients(f, &inputs, 1e-5).unwrap();
        assert!(error < 1e-8, "triplet: {error}");
        let label = Tensor::from([1i64, -1, -1]);
        let cosine = CosineEmbeddingLoss { margin: -0.9, ..Default::default() };
        let f = |v: &[Tensor]| cosine.forward(&v[0], &v[1], &label);
        let error = check::gradients(f, &inputs[..2], 1e-5).unwrap();
        assert!(error < 1e-8, "cosine: {error}");
        let f = |v: &[Tensor]| SdmlLoss::default().forward(&v[0], &v[1]);
        let error = check::gradients(f, &inputs[..2], 1e-5).unwrap();
        assert!(error < 1e-8, "sdml: {error}");
    }

    #[test]
    fn zero_vectors_have_finite_gradients() {
        let mut zero = Tensor::zeros([1, 2]);
        zero.attach_grad();
        let cosine = CosineEmbeddingLoss::default();
        let other = Tensor::ones([1, 2]);
        let loss = record(|| cosine.forward(&zero, &other, &Tensor::from([1i64]))).unwrap();
        assert_eq!(loss.item().unwrap(), 1.0);
        loss.backward().unwrap();
        assert!(zero.grad().unwrap().to_vec::<f32>().unwrap().iter().all(|g| g.is_finite()));
        // Of two, the gradient is 0, as PyTorch's.
        let loss = record(|| cosine.forward(&zero, &zero, &Tensor::from([1i64]))).unwrap();
        assert_eq!(loss.item().unwrap(), 1.0);
        loss.backward().unwrap();
        assert_eq!(zero.grad().unwrap(), Tensor::zeros([1, 2]));
    }

    /// By the definition, in plain numbers: two pairs on a line.
    #[test]
    fn sdml_is_the_divergence_of_the_distances() {
        let (first, second) = (Tensor::from([[0.0], [1.0]]), Tensor::from([[0.5], [3.0]]));
        let found = SdmlLoss::default().forward(&first, &second).unwrap().to_vec::<f64>().unwrap();
        let distances = [[0.25f64, 9.0], [0.25, 4.0]];
        for (pair, distances) in distances.into_iter().enumerate() {
            let total: f64 = distances.iter().map(|d| (-d).exp()).sum();
            let label = |j| if j == pair { 0.7f64 } else { 0.3 };
            let terms = (0..2).map(|j| label(j) * (label(j).ln() + distances[j] + total.ln()));
            assert!((found[pair] - terms.sum::<f64>()).abs() < 1e-10);
        }
        for shape in [&[1, 2][..], &[2], &[2, 2, 2]] {
            let x = Tensor::ones(Shape::new(shape));
            let error = SdmlLoss::default().forward(&x, &x).unwrap_err().to_string();
            assert!(error.contains("expected at least two rows of two axes"), "{error}");
        }
    }

    /// Equal vectors, each as far from its partner as from the others.
    #[test]
    fn the_rest_of_the_smoothing_is_shared_by_the_others() {
        let x = Tensor::ones([4, 2]).to_dtype(crate::DType::F64);
        let found = SdmlLoss::default().forward(&x, &x).unwrap().to_vec::<f64>().unwrap();
        let expected = 0.7 * 0.7f64.ln() + 0.3 * 0.1f64.ln() + 4f64.ln();
        assert!(found.iter().all(|loss| (loss - expected).abs() < 1e-10), "{found:?} {expected}");
    }

    /// Lengths below 1e-12 count as that.
    #[test]
    fn the_cosine_of_short_vectors_is_that_of_long_ones() {
        let first = Tensor::from([[1e-9, 0.0], [0.0, -1e-11], [1e-13, 0.0]]);
        let second = Tensor::from([[2.0, 0.0], [0.0, 3.0], [1.0, 0.0]]);
        let label = Tensor::from([1i64; 3]);
        let found = CosineEmbeddingLoss::default().forward(&first, &second, &label).unwrap();
        for (found, expected) in found.to_vec::<f64>().unwrap().iter().zip([0.0, 2.0, 0.9]) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }

    #[test]
    fn a_loss_of_pairs_and_one_of_classes_agree_where_they_should() {
        let hard = SdmlLoss { smoothing: 0.0, ..Default::default() };
        let (first, second) = (vectors(0.1), vectors(2.0));
        let ours = hard.forward(&first, &second).unwrap();
        let difference = first.expand_dims(1).unwrap().sub(second.expand_dims(0).unwrap()).unwrap();
        let logits = difference.square().unwrap().sum_axes(&[2], false).unwrap().neg().unwrap();
        let label = Tensor::from([0i64, 1, 2]);
        let theirs = SoftmaxCrossEntropyLoss::default().forward(&logits, &label).unwrap();
        let error = ours.sub(&theirs).unwrap().abs().unwrap().max().unwrap().item().unwrap();
        assert!(error < 1e-11, "{error}");
    }
}
