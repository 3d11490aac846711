//! Lambda: a layer made of a function.

use std::fmt;
use std::sync::Arc;

use gluon_macros::Block;

use crate::block::Forward;
use crate::error::Result;
use crate::tensor::Tensor;

type Function = dyn Fn(&Tensor) -> Result<Tensor> + Send + Sync;

/// A function as a layer without parameters.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Forward, Tensor, nn::Lambda};
///
/// let centered = Lambda::new("centered", |x| x.sub(&x.mean()?));
/// let y = centered.forward(&Tensor::from([1.0f32, 2.0, 6.0]))?;
/// assert_eq!(y, Tensor::from([-2.0f32, -1.0, 3.0]));
/// # Ok::<(), gluon::Error>(())
/// ```
#[derive(Block, Clone)]
#[block(describe = Lambda::line)]
pub struct Lambda {
    name: &'static str,
    #[block(skip)]
    function: Arc<Function>,
}

impl Lambda {
    /// The layer that computes `function`, printed as `Lambda(name)`.
    pub fn new(
        name: &'static str,
        function: impl Fn(&Tensor) -> Result<Tensor> + Send + Sync + 'static,
    ) -> Lambda {
        Lambda { name, function: Arc::new(function) }
    }

    fn line(&self) -> String {
        format!("Lambda({})", self.name)
    }
}

impl Forward for Lambda {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        (self.function)(x)
    }
}

impl fmt::Debug for Lambda {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line())
    }
}
