//! Dropout: random zeros while training.

use gluon_macros::Block;

use super::print::tuple;
use crate::autograd::is_training;
use crate::block::Forward;
use crate::error::{Error, Result};
use crate::ops::dropout::mask;
use crate::ops::resolve_axis;
use crate::tensor::Tensor;

/// While training, each element becomes 0 with probability `rate`, and the others are divided by
/// `1 − rate`; otherwise the identity.
///
/// Which elements it is, the thread's generator says: [`random::seed`](crate::random::seed). Equal
/// seeds give equal masks on any number of threads, and a
/// [`Checkpoint`](crate::train::Checkpoint) keeps the generator's state.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Forward, Tensor, autograd, nn::Dropout, random};
///
/// let (layer, x) = (Dropout::new(0.5), Tensor::ones([2, 8]));
/// assert_eq!(layer.forward(&x)?, x);
/// random::seed(1);
/// let y = autograd::train_mode(|| layer.forward(&x))?;
/// assert!(y.to_vec::<f32>()?.iter().all(|&y| y == 0.0 || y == 2.0));
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Shapes
/// Any, unchanged.
///
/// # Errors
/// `forward` returns [`Error::BadArgument`] unless the rate is from 0 to 1, 1 excluded, and
/// [`Error::BadAxis`] if an axis to share along is not there.
///
/// # Source
/// Srivastava et al., *Dropout*, JMLR 15, 2014.
#[derive(Block, Clone, Debug)]
#[block(describe = Dropout::line)]
pub struct Dropout {
    rate: f64,
    axes: Vec<isize>,
}

impl Dropout {
    /// A layer that drops this share of the elements.
    pub fn new(rate: f64) -> Dropout {
        Dropout { rate, axes: Vec::new() }
    }

    /// The same layer that drops or keeps all elements along the given axes together: along the
    /// last two of images, whole channels.
    pub fn axes(mut self, axes: &[isize]) -> Dropout {
        self.axes = axes.to_vec();
        self
    }

    fn line(&self) -> String {
        format!("Dropout(p = {}, axes={})", self.rate, tuple(&self.axes))
    }
}

impl Forward for Dropout {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let op = "dropout";
        if !(0.0..1.0).contains(&self.rate) {
            let (expected, found) = ("from 0 to 1, 1 excluded", self.rate.to_string());
            return Err(Error::BadArgument { op, argument: "rate", expected, found });
        }
        let mut shape = *x.shape();
        for &axis in &self.axes {
            shape.dims_mut()[resolve_axis(op, axis, x.shape())?] = 1;
        }
        if !is_training() || self.rate == 0.0 {
            return Ok(x.clone());
        }
        x.mul(&mask(op, x, shape, self.rate)?)
    }
}
