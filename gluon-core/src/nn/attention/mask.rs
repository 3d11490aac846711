//! Masks: which keys a query may see.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// Which keys each query may see: all of them, and less with each method called.
///
/// A query that may see none takes from all equally.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Tensor, nn::Mask};
///
/// // Two sequences of three steps, the second of which ends after one.
/// let mask = Mask::causal().padding(Tensor::from([[true, true, true], [true, false, false]]));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Mask {
    causal: bool,
    padding: Option<Tensor>,
    additive: Option<Tensor>,
}

/// Added to the score of a key that is not seen. It is finite so that rows of it have a softmax.
const HIDDEN: f64 = -1e30;

impl Mask {
    /// All keys.
    pub fn new() -> Mask {
        Mask::default()
    }

    /// Of as many keys as queries, each query sees its own and those before it. Of more, the
    /// queries belong to the last keys.
    pub fn causal() -> Mask {
        Mask { causal: true, ..Mask::new() }
    }

    /// The same without keys that only fill up a sequence: those where `valid` is 0.
    ///
    /// # Shapes
    /// `valid: [batch, keys]`, of any type
    pub fn padding(mut self, valid: Tensor) -> Mask {
        self.padding = Some(valid);
        self
    }

    /// The same with numbers added to the scores. −∞ hides a key; where it hides all, the result is
    /// NaN.
    ///
    /// # Shapes
    /// `scores`: broadcast to `[batch, heads, queries, keys]`
    pub fn additive(mut self, scores: Tensor) -> Mask {
        self.additive = Some(scores);
        self
    }

    /// What is to be added to scores of the given shape, if anything is.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if what was given does not fit.
    pub(super) fn additive_to(&self, scores: [usize; 4], dtype: DType) -> Result<Option<Tensor>> {
        let op = "mask";
        let [batch, _, queries, keys] = scores;
        let mut mask: Option<Tensor> = None;
        if self.causal {
            let hidden = |i: usize| if i % keys + queries > i / keys + keys { HIDDEN } else { 0.0 };
            let rows: Vec<f64> = (0..queries * keys).map(hidden).collect();
            mask = Some(Tensor::from_vec(rows, [queries, keys])?.to_dtype(dtype));
        }
        if let Some(valid) = &self.padding {
            if *valid.shape() != [batch, keys] {
                return Err(Error::ShapeMismatch { op, lhs: scores.into(), rhs: *valid.shape() });
            }
            let hidden = valid.to_dtype(dtype).eq(0.0)?.mul(HIDDEN)?;
            let hidden = hidden.reshape([batch, 1, 1, keys])?;
            // Hidden twice is no more hidden than once, where a query may see nothing.
            mask = Some(mask.map_or(Ok(hidden.clone()), |causal| causal.minimum(&hidden))?);
        }
        if let Some(additive) = &self.additive {
            if Shape::from(scores).broadcast(additive.shape()) != Some(scores.into()) {
                return Err(Error::ShapeMismatch {
                    op,
                    lhs: scores.into(),
                    rhs: *additive.shape(),
                });
            }
            mask = Some(mask.map_or(Ok(additive.clone()), |hidden| hidden.add(additive))?);
        }
        Ok(mask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::Block;
    use crate::init::One;
    use crate::nn::MultiHeadAttention;

    /// By hand: the values are 1, 10 and 100, and the first two queries see none of them.
    #[test]
    fn who_sees_nothing_takes_from_all_equally_whatever_hides_it() {
        let mut layer = MultiHeadAttention::new(1, 1).no_bias();
        layer.initialize_with(One).unwrap();
        let x = Tensor::from([[[1.0f32], [10.0], [100.0]]]);
        let padding = Tensor::from([[false, false, true]]);
        let mask = Mask::causal().padding(padding);
        for mask in [mask.clone(), mask.additive(Tensor::from([-1.0f32, 2.0, 0.0]))] {
            let y = layer.attend(&x, &x, &mask).unwrap().to_vec::<f32>().unwrap();
            for (found, expected) in y.iter().zip([37.0, 37.0, 100.0]) {
                assert!((found - expected).abs() < 1e-4, "{y:?}");
            }
        }
    }
}
