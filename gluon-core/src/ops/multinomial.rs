//! Indices drawn at random with weights.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::random::{Generator, next_u64};
use crate::tensor::Tensor;

/// An index of `weights`, each as likely as its share of them.
fn draw(weights: &[f64], generator: &mut Generator) -> Option<usize> {
    let mut rest = generator.uniform() * weights.iter().sum::<f64>();
    let found = weights.iter().position(|&weight| {
        let is_here = rest < weight;
        rest -= weight;
        is_here
    });
    // Where sums were rounded, something may be left over: for the last that is possible.
    found.or_else(|| weights.iter().rposition(|&weight| weight > 0.0))
}

impl Tensor {
    /// An index of each row (the last axis), each as likely as the element there, as `int64`. It is drawn
    /// from this thread's generator, which [`random::seed`](crate::random::seed) seeds.
    ///
    /// The elements, of any type, are weights: they need not add up to 1.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Tensor;
    /// let logits = Tensor::from([[1.0f32, 5.0, -2.0, 4.0]]);
    /// let next = logits.div(0.8)?.softmax()?.multinomial()?;      // at a temperature of 0.8
    /// assert_eq!(next.shape(), [1]);
    ///
    /// // one of the best two
    /// let (best, indices) = logits.topk(-1, 2)?;
    /// let next = indices.pick(&best.softmax()?.multinomial()?)?.item()?;
    /// assert!(next == 1.0 || next == 3.0);
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Shapes
    /// `[.., n]` → `[..]`
    ///
    /// # Errors
    /// [`Error::BadShape`] for a scalar, [`Error::BadArgument`] if a row has a negative weight, or not a
    /// positive and finite sum.
    pub fn multinomial(&self) -> Result<Tensor> {
        let op = "multinomial";
        let columns = super::softmax::columns(op, self)?;
        let shape = self.shape().without(self.rank() - 1);
        let weights = self.to_dtype(DType::F64).to_contiguous();
        let weights = weights.as_contiguous::<f64>().unwrap_or_default();
        let row = |row: usize| &weights[row * columns..][..columns];
        let is_bad = |&at: &usize| {
            let sum = row(at).iter().sum::<f64>();
            !(row(at).iter().all(|&weight| weight >= 0.0) && sum > 0.0 && sum.is_finite())
        };
        if let Some(bad) = (0..shape.size()).find(is_bad) {
            let expected = "weights of at least 0 whose sum in each row is positive and finite";
            let found = format!("others in row {bad}");
            return Err(Error::BadArgument { op, argument: "self", expected, found });
        }
        let mut generator = Generator::new(next_u64());
        Ok(Tensor::build::<i64>(shape, self.device(), |drawn| {
            for (at, drawn) in drawn.iter_mut().enumerate() {
                *drawn = draw(row(at), &mut generator).unwrap_or_default() as i64;
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    #[test]
    fn indices_are_as_likely_as_their_weights() {
        const COUNT: usize = 60_000;
        random::seed(3);
        let weights = Tensor::from([[1.0f32, 0.0, 2.0, 0.0], [3.0, 5.0, 2.0, 0.0]]);
        let weights = weights.broadcast_to([COUNT, 2, 4]).unwrap();
        let drawn = weights.multinomial().unwrap();
        assert_eq!(*drawn.shape(), [COUNT, 2]);
        let shares = drawn.one_hot(4).unwrap().mean_axes(&[0], false).unwrap();
        let expected = Tensor::from([[1.0f32 / 3.0, 0.0, 2.0 / 3.0, 0.0], [0.3, 0.5, 0.2, 0.0]]);
        let error = shares.sub(&expected).unwrap().abs().unwrap();
        // Five standard deviations of a share of one half.
        assert!(error.max().unwrap().item().unwrap() < 5.0 * 0.5 / (COUNT as f64).sqrt());
        let possible = expected.broadcast_to([COUNT, 2, 4]).unwrap().pick(&drawn).unwrap();
        assert!(possible.min().unwrap().item().unwrap() > 0.0);
        random::seed(3);
        assert_eq!(weights.multinomial().unwrap(), drawn);
    }

    #[test]
    fn weights_of_any_type_and_of_no_rows_will_do() {
        let one = Tensor::from([0i32, 7, 0]).multinomial().unwrap();
        assert_eq!(one, Tensor::from(1i64));
        assert_eq!(*Tensor::zeros([0, 3]).multinomial().unwrap().shape(), [0]);
    }

    #[test]
    fn what_are_no_weights_is_named_before_anything_is_drawn() {
        let state = random::state();
        let error =
            Tensor::from([[1.0f32, 1.0], [0.0, 0.0]]).multinomial().unwrap_err().to_string();
        let expected = "`multinomial` expected `self` to be weights of at least 0 whose sum in each row \
                        is positive and finite, found others in row 1";
        assert_eq!(error, expected);
        for bad in [[2.0, -1.0], [f64::NAN, 1.0], [f64::INFINITY, 1.0]] {
            assert!(Tensor::from(bad).multinomial().is_err());
        }
        assert!(Tensor::zeros([2, 0]).multinomial().is_err());
        assert!(Tensor::from(1.0).multinomial().is_err());
        assert_eq!(random::state(), state);
    }
}
