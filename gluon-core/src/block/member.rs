//! Members: what a field of a block may be.

mod containers;
mod data;

use super::visit::{Walk, WalkMut};
use crate::parameter::Parameter;

/// What a field of a block may be: a block, a [`Parameter`], a container of them, or plain data.
///
/// The type decides, never its spelling: an alias or a type parameter is as good as the type.
///
/// | member | what a walk finds in it |
/// | --- | --- |
/// | a [`Block`](super::Block) | its members, under its own hint |
/// | [`Parameter`] | itself |
/// | `Option<M>`, `Box<M>`, `Box<dyn Layer>` | what `M` has, under the same name |
/// | `Vec<M>`, `[M; N]`, tuples of up to twelve | each element's, under its index |
/// | `BTreeMap<String, M>`, `IndexMap<String, M>` | each value's, under its key |
/// | numbers, `bool`, `char`, strings, paths, `Duration`, ranges, `NonZero*`, `PhantomData`, `()`, function pointers | nothing |
///
/// `IndexMap` needs the feature `indexmap`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a member of a block",
    label = "not a block, a `Parameter`, a container of them, or plain data",
    note = "a layer of your own derives `Block`, and so does the type in its `<..>`; a field that holds something else is marked `#[block(skip)]`",
    note = "a map is a `BTreeMap<String, _>`; what is behind `Rc`, `Arc`, `RefCell`, `Mutex` or a reference is held as it is, and shared by `#[shared(..)]`; instead of a `Tensor` stands a `Parameter::constant(..)`"
)]
pub trait Member {
    /// Shows `walk` every parameter, block and tie in here, in declaration order.
    fn visit<'a>(&'a self, walk: &mut Walk<'a, '_>);

    /// Shows `walk` the same, to be changed in place.
    fn visit_mut(&mut self, walk: &mut WalkMut<'_>);

    /// A copy of this structure and its plain data, each of whose parameters is what `map` makes
    /// of the one here.
    ///
    /// # Panics
    /// If a `#[block(skip)]` field in here is not `Clone`. [`Replicate`](super::Replicate) is the
    /// compile-time side of that; behind a `Box<dyn Layer>` only this is left.
    fn rebuild(&self, map: &mut dyn FnMut(&Parameter) -> Parameter) -> Self
    where
        Self: Sized;
}

#[diagnostic::do_not_recommend]
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
