//! Lambda: a layer made of a function.

use std::fmt;
use std::sync::Arc;

use crate::block::{Block, Forward, Member, Replicate, Walk, WalkMut};
use crate::error::Result;
use crate::parameter::Parameter;
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
#[derive(Clone)]
pub struct Lambda {
    name: &'static str,
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
}

impl Forward for Lambda {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        (self.function)(x)
    }
}

#[diagnostic::do_not_recommend]
impl Member for Lambda {
    fn visit<'a>(&'a self, walk: &mut Walk<'a, '_>) {
        walk.enter(self);
        walk.leave(self);
    }

    fn visit_mut(&mut self, walk: &mut WalkMut<'_>) {
        walk.enter("lambda");
        walk.leave(self);
    }

    fn rebuild(&self, _: &mut dyn FnMut(&Parameter) -> Parameter) -> Lambda {
        self.clone()
    }
}

#[diagnostic::do_not_recommend]
impl Replicate for Lambda {}

#[diagnostic::do_not_recommend]
impl Block for Lambda {
    fn hint(&self) -> &str {
        "lambda"
    }

    fn type_name(&self) -> &str {
        "Lambda"
    }

    fn describe(&self) -> Option<String> {
        Some(format!("Lambda({})", self.name))
    }
}

impl fmt::Debug for Lambda {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lambda({})", self.name)
    }
}
