//! Members: what a field of a block may be.

use super::visit::{Walk, WalkMut};
use crate::parameter::Parameter;

/// What a field of a block may be: a block, a [`Parameter`], a container of them, or plain data.
///
/// The type decides, never its spelling: an alias or a type parameter is as good as the type.
pub trait Member {
    /// Shows `walk` every parameter, block and tie in here, in declaration order.
    fn visit<'a>(&'a self, walk: &mut Walk<'a, '_>);

    /// Shows `walk` the same, to be changed in place.
    fn visit_mut(&mut self, walk: &mut WalkMut<'_>);

    /// A copy of this structure and its plain data, each of whose parameters is what `map` makes
    /// of the one here.
    fn rebuild(&self, map: &mut dyn FnMut(&Parameter) -> Parameter) -> Self
    where
        Self: Sized;
}

impl Member for Parameter {
    fn visit<'a>(&'a self, walk: &mut Walk<'a, '_>) {
        walk.parameter(self);
    }

    fn visit_mut(&mut self, walk: &mut WalkMut<'_>) {
        walk.parameter(self);
    }

    fn rebuild(&self, map: &mut dyn FnMut(&Parameter) -> Parameter) -> Parameter {
        map(self)
    }
}
