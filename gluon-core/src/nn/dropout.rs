//! Dropout: random zeros while training.

use gluon_macros::Block;

use crate::autograd::is_training;
use crate::block::Forward;
use crate::error::{Error, Result};
use crate::ops::dropout::mask;
use crate::tensor::Tensor;

/// While training, each element becomes 0 with probability `rate`, and the others are divided by
/// `1 − rate`; otherwise the identity.
///
/// Which elements it is, the thread's generator says: [`random::seed`](crate::random::seed). Equal
/// seeds give equal masks on any number of threads, and a
/// [`Checkpoint`](crate::train::Checkpoint) keeps the generator's state.
///
/// ```
/// use gluon_core::{Forward, Tensor, autograd, nn::Dropout, random};
///
/// let (layer, x) = (Dropout::new(0.5), Tensor::ones([2, 8]));
/// assert_eq!(layer.forward(&x)?, x);
/// random::seed(1);
/// let y = autograd::train_mode(|| layer.forward(&x))?;
/// assert!(y.to_vec::<f32>()?.iter().all(|&y| y == 0.0 || y == 2.0));
/// # Ok::<(), gluon_core::Error>(())
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
        let axes: Vec<_> = self.axes.iter().map(isize::to_string).collect();
        let comma = if axes.len() == 1 { "," } else { "" };
        format!("Dropout(p = {}, axes=({}{comma}))", self.rate, axes.join(", "))
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
            let from_end = axis.checked_add_unsigned(if axis < 0 { x.rank() } else { 0 });
            let index = from_end.and_then(|axis| usize::try_from(axis).ok());
            let index = index.filter(|&index| index < x.rank());
            let index = index.ok_or(Error::BadAxis { op, axis, shape: *x.shape() })?;
            shape.dims_mut()[index] = 1;
        }
        if !is_training() || self.rate == 0.0 {
            return Ok(x.clone());
        }
        x.mul(&mask(op, x, shape, self.rate)?)
    }
}
