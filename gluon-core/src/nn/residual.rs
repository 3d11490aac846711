//! Residual: a layer beside which its input passes.

use crate::block::{Block, Forward};
use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// `x + f(x)`: what the layer computes is added to its input.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Block, Forward, Tensor, init::Zero, nn::{Dense, Residual}};
///
/// let mut layer = Residual::new(Dense::new(3).weight_init(Zero));
/// layer.initialize()?;
/// let x = Tensor::ones([2, 3]);
/// assert_eq!(layer.forward(&x)?, x);
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Shapes
/// Those of a layer that does not change them.
///
/// # Errors
/// `forward` returns what the layer does, and [`Error::ShapeMismatch`] if it changes the shape.
///
/// # Source
/// He et al., *Deep Residual Learning for Image Recognition*, CVPR 2016, eq. 1.
#[derive(gluon_macros::Block, Clone, Debug)]
pub struct Residual<L> {
    /// The layer.
    pub body: L,
}

impl<L: Block + Forward> Residual<L> {
    /// The layer and a way around it.
    pub fn new(body: L) -> Residual<L> {
        Residual { body }
    }
}

impl<L: Block + Forward> Forward for Residual<L> {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = x.apply(&self.body)?;
        if y.shape() != x.shape() {
            let (lhs, rhs) = (*x.shape(), *y.shape());
            return Err(Error::ShapeMismatch { op: "residual", lhs, rhs });
        }
        x.add(&y)
    }
}
