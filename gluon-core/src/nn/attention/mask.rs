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
        let mut sum: Option<Tensor> = None;
        let mut add = |mask: Tensor| -> Result<()> {
            sum = Some(match sum.take() {
                Some(sum) => sum.add(&mask)?,
                None => mask,
            });
            Ok(())
        };
        if self.causal {
            let hidden = |i: usize| if i % keys + queries > i / keys + keys { HIDDEN } else { 0.0 };
            let rows: Vec<f64> = (0..queries * keys).map(hidden).collect();
            add(Tensor::from_vec(rows, [queries, keys])?.to_dtype(dtype))?;
        }
        if let Some(valid) = &self.padding {
            if *valid.shape() != [batch, keys] {
                return Err(Error::ShapeMismatch { op, lhs: scores.into(), rhs: *valid.shape() });
            }
            let hidden = valid.to_dtype(dtype).eq(0.0)?.mul(HIDDEN)?;
            add(hidden.reshape([batch, 1, 1, keys])?)?;
        }
        if let Some(additive) = &self.additive {
            if Shape::from(scores).broadcast(additive.shape()) != Some(scores.into()) {
                return Err(Error::ShapeMismatch {
                    op,
                    lhs: scores.into(),
                    rhs: *additive.shape(),
                });
            }
            add(additive.clone())?;
        }
        Ok(sum)
    }
}
