//! Forward: the computation of a block.

use std::any::Any;

use super::Block;
use super::hook::call;
use super::member::Member;
use super::visit::{Walk, WalkMut};
use crate::error::Result;
use crate::parameter::Parameter;
use crate::tensor::Tensor;

/// A computation from `In` to `Out`; the part of a model that is written by hand.
///
/// ```rs
/// impl Forward for Mlp {
///     fn forward(&self, x: &Tensor) -> Result<Tensor> {
///         x.apply(&self.hidden)?.apply(&self.output)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `forward` from `{In}` to `{Out}`",
    label = "no `forward`",
    note = "implement `Forward` for it, or mark the struct `#[block(sequential)]` to apply its members in order; a type parameter has the bound `Forward`",
    note = "`apply`, `Sequential` and `Fit` are for one tensor in and one out; a block of other inputs or outputs is called by name: `self.encoder.forward(&x)`"
)]
pub trait Forward<In: ?Sized = Tensor, Out = Tensor> {
    /// Computes the output for `input`.
    ///
    /// # Errors
    /// Whatever the operations in it return: shapes that do not fit, parameters that are not
    /// initialized, indices out of range.
    fn forward(&self, input: &In) -> Result<Out>;
}

impl Tensor {
    /// `layer.forward(self)`, for chains: `x.apply(&self.hidden)?.apply(&self.output)`.
    ///
    /// Unlike a call of `forward` by name it is seen by [hooks](Block::on_forward).
    ///
    /// # Errors
    /// What the layer returns, [in its block](crate::Error::InBlock).
    pub fn apply<L: Block + Forward + ?Sized>(&self, layer: &L) -> Result<Tensor> {
        call(layer, self)
    }
}

impl<In: ?Sized, Out, T: Forward<In, Out> + ?Sized> Forward<In, Out> for Box<T> {
    fn forward(&self, input: &In) -> Result<Out> {
        (**self).forward(input)
    }
}

/// A block with a [`Forward`] from tensor to tensor that threads may share: what a
/// [`Sequential`](crate::nn::Sequential) holds.
///
/// Implemented for every such type, and object-safe: `Box<dyn Layer>` is a layer too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a layer",
    label = "not a layer",
    note = "a layer derives `Block`, implements `Forward` from `Tensor` to `Tensor`, and is `Send + Sync`",
    note = "a function or a closure becomes one by `Lambda::new(\"name\", ..)`"
)]
pub trait Layer: Any + Block + Forward + Send + Sync {
    /// [`Member::rebuild`] behind a pointer.
    fn rebuild_boxed(&self, map: &mut dyn FnMut(&Parameter) -> Parameter) -> Box<dyn Layer>;
}

#[diagnostic::do_not_recommend]
impl<T: Any + Block + Forward + Send + Sync> Layer for T {
    fn rebuild_boxed(&self, map: &mut dyn FnMut(&Parameter) -> Parameter) -> Box<dyn Layer> {
        Box::new(self.rebuild(map))
    }
}

#[diagnostic::do_not_recommend]
impl Member for Box<dyn Layer> {
    fn visit<'a>(&'a self, walk: &mut Walk<'a, '_>) {
        (**self).visit(walk);
    }

    fn visit_mut(&mut self, walk: &mut WalkMut<'_>) {
        (**self).visit_mut(walk);
    }

    fn rebuild(&self, map: &mut dyn FnMut(&Parameter) -> Parameter) -> Box<dyn Layer> {
        (**self).rebuild_boxed(map)
    }
}

#[diagnostic::do_not_recommend]
impl Block for Box<dyn Layer> {
    fn hint(&self) -> &str {
        (**self).hint()
    }

    fn type_name(&self) -> &str {
        (**self).type_name()
    }

    fn describe(&self) -> Option<String> {
        (**self).describe()
    }
}
