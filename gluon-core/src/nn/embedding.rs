//! Embedding: a row of a table for each index.

use gluon_macros::Block;

use crate::block::Forward;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::init::Initializer;
use crate::parameter::Parameter;
use crate::tensor::Tensor;

/// A vector for each of `inputs` things, found by index and learned.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Block, Forward, Tensor, nn::Embedding};
///
/// let mut words = Embedding::new(100, 8);
/// words.initialize()?;
/// let y = words.forward(&Tensor::from([[3i64, 17, 3]]))?;
/// assert_eq!(y.shape(), [1, 3, 8]);
/// let error = words.forward(&Tensor::from([100i64])).unwrap_err().to_string();
/// assert!(error.ends_with("expected an index from 0 to 99, found 100 at position 0"), "{error}");
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Shapes
/// `x: [..]` whole numbers of any numeric type → `[.., units]`; `weight: [inputs, units]`.
/// The rows of an index that occurs several times get the sum of the gradients.
///
/// # Errors
/// `forward` returns [`Error::ParameterIndex`] for an index that is not there. (MXNet takes the
/// nearest instead.)
#[derive(Block, Debug)]
#[block(describe = Embedding::line)]
pub struct Embedding {
    /// `[inputs, units]`
    pub weight: Parameter,
}

impl Embedding {
    /// A table of `inputs` vectors of `units` numbers.
    pub fn new(inputs: usize, units: usize) -> Embedding {
        Embedding { weight: Parameter::new([inputs, units]) }
    }

    /// The same layer with an initializer for its weight.
    pub fn weight_init(mut self, init: impl Initializer + 'static) -> Embedding {
        self.weight = self.weight.with_init(init);
        self
    }

    /// The same layer with a weight of type `dtype`.
    pub fn dtype(mut self, dtype: DType) -> Embedding {
        self.weight = self.weight.with_dtype(dtype);
        self
    }

    fn line(&self) -> String {
        let shape = self.weight.shape();
        format!("Embedding({} -> {}, {})", shape[0], shape[1], self.weight.dtype())
    }
}

impl Forward for Embedding {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.weight.data()?.take(x).map_err(|error| match error {
            Error::IndexOutOfRange { index, bound, position, .. } => {
                Error::ParameterIndex { name: self.weight.label(), index, bound, position }
            }
            error => error,
        })
    }
}
