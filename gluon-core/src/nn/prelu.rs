//! PReLU: a leaky rectifier that learns its slope.

use gluon_macros::Block;

use crate::block::Forward;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::init::{Constant, Initializer};
use crate::parameter::Parameter;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// `x` where it is positive, else `alpha · x` with a learned `alpha`: one for all channels, or one
/// for each.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Block, Forward, Tensor, nn::PRelu};
///
/// let mut layer = PRelu::new();
/// layer.initialize()?;
/// let y = layer.forward(&Tensor::from([[-4.0f32, 4.0]]))?;
/// assert_eq!(y, Tensor::from([[-1.0f32, 4.0]]));
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Shapes
/// `x: [batch, channels, ..]`, unchanged; `alpha: [1]` or `[channels]`, at first 0.25.
///
/// # Errors
/// `forward` returns [`Error::BadShape`] if there is a slope for each channel and `x` has no axis of
/// channels, [`Error::InputShape`] if it has another number of them.
///
/// # Source
/// He et al., *Delving Deep into Rectifiers*, ICCV 2015, eq. 1.
#[derive(Block, Debug)]
#[block(describe = PRelu::line)]
pub struct PRelu {
    /// `[1]` or `[channels]`
    pub alpha: Parameter,
}

impl PRelu {
    /// A layer with one slope.
    pub fn new() -> PRelu {
        PRelu { alpha: Parameter::new(1).with_init(Constant(0.25)) }
    }

    /// The same layer with a slope for each of so many channels.
    pub fn channels(mut self, channels: usize) -> PRelu {
        self.alpha = self.alpha.shaped(channels);
        self
    }

    /// The same layer with an initializer for its slopes.
    pub fn alpha_init(mut self, init: impl Initializer + 'static) -> PRelu {
        self.alpha = self.alpha.with_init(init);
        self
    }

    /// The same layer with a slope of type `dtype`.
    pub fn dtype(mut self, dtype: DType) -> PRelu {
        self.alpha = self.alpha.with_dtype(dtype);
        self
    }

    fn line(&self) -> String {
        format!("PReLU({})", self.alpha.shape()[0])
    }
}

impl Default for PRelu {
    fn default() -> PRelu {
        PRelu::new()
    }
}

impl Forward for PRelu {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let mut alpha = self.alpha.data()?;
        if alpha.size() != 1 {
            let [_, channels, rest @ ..] = x.shape().dims() else {
                let expected = "[batch, channels, ..]";
                return Err(Error::BadShape { op: "prelu", expected, found: *x.shape() });
            };
            self.alpha.data_with_shape(*channels).map_err(|error| error.of_input(x.shape()))?;
            let dims = [&[*channels][..], &vec![1; rest.len()]].concat();
            alpha = alpha.reshape(Shape::new(&dims))?;
        }
        x.relu()?.add(&x.minimum(0.0)?.mul(&alpha)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::record;
    use crate::block::Block;

    /// The numbers are PyTorch's, of `prelu` with the slope 0.25.
    #[test]
    fn infinity_passes_and_zero_has_the_slope_of_negative_numbers() {
        let mut layer = PRelu::new();
        layer.initialize().unwrap();
        let mut x = Tensor::from([f32::INFINITY, 2.0, 0.0, -3.0, -0.5]);
        x.attach_grad();
        let y = record(|| layer.forward(&x)).unwrap();
        assert_eq!(y, Tensor::from([f32::INFINITY, 2.0, 0.0, -0.75, -0.125]));
        y.backward().unwrap();
        assert_eq!(x.grad().unwrap(), Tensor::from([1.0f32, 1.0, 0.25, 0.25, 0.25]));
        assert_eq!(layer.alpha.grad().unwrap(), Tensor::from([-3.5f32]));
    }
}
