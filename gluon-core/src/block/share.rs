//! Sharing: what a field declared as tied asks of its source, and how it is made.

use std::collections::BTreeMap;
use std::convert::Infallible;

#[cfg(feature = "indexmap")]
use indexmap::IndexMap;

use super::tuples::tuples;
use super::{Block, Layer, Member, retie};
use crate::parameter::Parameter;

/// A member that a second one can be made of: a tied copy, or a duplicate.
///
/// The derive implements it for every block whose `#[block(skip)]` fields are `Clone`. A block
/// written by hand implements it without methods if its [`rebuild`](Member::rebuild) does not
/// panic.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be copied",
    label = "a `#[block(skip)]` field of it is not `Clone`",
    note = "make the skipped field `Clone`, or give the tied field an expression of its own: `#[new(..)]` beside `#[shared(..)]`",
    note = "a type parameter needs the bound `Replicate`"
)]
pub trait Replicate: Sized {
    /// This member, as what a copy is made of.
    fn original(&self) -> &Self {
        self
    }
}

/// What stands where a source of a tie is named.
///
/// A member is taken by the method here. Anything else meets the one of [`NotAMember`], after
/// which nothing more is said of it: the field that it is has been refused already.
#[derive(Debug)]
pub struct Source<'a, T>(pub &'a T);

impl<'a, M: Member> Source<'a, M> {
    /// The member.
    pub fn member(&self) -> &'a M {
        self.0
    }
}

/// What becomes of a source of a tie that is not a member.
pub trait NotAMember<'a> {
    /// Never called: a block with such a field does not compile.
    fn member(&self) -> &'a Infallible;
}

impl<'a, T> NotAMember<'a> for Source<'a, T> {
    fn member(&self) -> &'a Infallible {
        unreachable!("a field that is not a member is refused")
    }
}

#[diagnostic::do_not_recommend]
impl Shareable for Infallible {}

#[diagnostic::do_not_recommend]
impl Replicate for Infallible {}

/// A member that can have parameters to share: a block, a `Parameter`, or a container of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no parameters to share",
    label = "plain data",
    note = "`#[shared(..)]` names a block, a `Parameter` or a container of them; plain data is built by `#[new(..)]`, where earlier fields are in scope by name"
)]
pub trait Shareable {
    /// This member, as the source of a tie.
    fn source(&self) -> &Self {
        self
    }
}

/// The source of a field declared `#[shared(..)]` without `#[new(..)]`, which becomes a copy of
/// it with the same parameters.
#[diagnostic::on_unimplemented(
    message = "a `{Copy}` cannot be a copy of a `{Self}`",
    label = "this is a `{Self}`",
    note = "a field that is `#[shared(..)]` without `#[new(..)]` has the type of its source",
    note = "between two types, share single parameters: `#[shared(weight = other.weight)]`"
)]
pub trait CopiedAs<Copy> {
    /// A copy of this member's configuration with the parameters of this one.
    fn tied(&self) -> Copy;
}

#[diagnostic::do_not_recommend]
impl<M: Member> CopiedAs<M> for M {
    fn tied(&self) -> M {
        tied(self)
    }
}

/// The source of a field, or of a member in it, that keeps its own configuration and shares the
/// parameters.
#[diagnostic::on_unimplemented(
    message = "a `{Tied}` cannot share the parameters of a `{Self}`",
    label = "this is a `{Self}`",
    note = "what is tied has the type of its source",
    note = "between two types, share single parameters: `#[shared(weight = other.weight)]`"
)]
pub trait SharedWith<Tied> {
    /// Makes the parameters of `tied` those of this member.
    fn tie(&self, tied: &mut Tied);
}

#[diagnostic::do_not_recommend]
impl<M: Member> SharedWith<M> for M {
    fn tie(&self, tied: &mut M) {
        // A tie that cannot hold is reported by `initialize` and by whatever saves or trains.
        let _ = retie(tied, self);
    }
}

// Further implementations, so that the compiler infers nothing from there being only one: it
// compares the types when it knows both, and then in our words.

#[diagnostic::do_not_recommend]
impl<M> CopiedAs<M> for Infallible {
    fn tied(&self) -> M {
        match *self {}
    }
}

#[diagnostic::do_not_recommend]
impl<M> SharedWith<M> for Infallible {
    fn tie(&self, _: &mut M) {
        match *self {}
    }
}

#[diagnostic::do_not_recommend]
impl<M: Member> SharedWith<Infallible> for M {
    fn tie(&self, tied: &mut Infallible) {
        match *tied {}
    }
}

/// A copy of `source` with the same parameters.
pub fn tied<M: Member>(source: &M) -> M {
    source.rebuild(&mut Parameter::share)
}

#[diagnostic::do_not_recommend]
impl Replicate for Parameter {}

#[diagnostic::do_not_recommend]
impl Replicate for Box<dyn Layer> {}

#[diagnostic::do_not_recommend]
impl Shareable for Parameter {}

#[diagnostic::do_not_recommend]
impl<B: Block> Shareable for B {}

macro_rules! container {
    ($($container:ty $(where [$($generics:tt)*])?),* $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl<M: Replicate $(, $($generics)*)?> Replicate for $container {}

        #[diagnostic::do_not_recommend]
        impl<M: Shareable $(, $($generics)*)?> Shareable for $container {}
    )*};
}

container!(Option<M>, Vec<M>, BTreeMap<String, M>, [M; N] where [const N: usize]);
#[cfg(feature = "indexmap")]
container!(IndexMap<String, M>);

#[diagnostic::do_not_recommend]
impl<M: Replicate> Replicate for Box<M> {}

macro_rules! tuple {
    ($($member:ident $index:tt)*) => {
        #[diagnostic::do_not_recommend]
        impl<$($member: Replicate),*> Replicate for ($($member,)*) {}

        #[diagnostic::do_not_recommend]
        impl<$($member: Member),*> Shareable for ($($member,)*) {}
    };
}

tuples!(tuple);

/// The type of a `#[block(skip)]` field of a block that is copied: the same as `Clone`.
#[diagnostic::on_unimplemented(
    message = "a block with a `#[block(skip)]` field of type `{Self}` cannot be copied",
    label = "a copy clones the skipped field, which is not `Clone`",
    note = "make `{Self}` `Clone`, or give the tied field an expression of its own: `#[new(..)]` beside `#[shared(..)]`"
)]
pub trait CloneSkipped: Sized {
    /// A clone of the field, in a block that is generic over its type.
    fn clone_skipped(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> CloneSkipped for T {
    fn clone_skipped(&self) -> T {
        self.clone()
    }
}

/// A `#[block(skip)]` field on its way into a copy.
///
/// A value that is `Clone` is cloned by the method here; any other meets the one of
/// [`CopySkipped`], which panics.
#[derive(Debug)]
pub struct Skipped<'a, T> {
    /// The field.
    pub value: &'a T,
    /// Its name, for the panic.
    pub name: &'static str,
}

impl<T: Clone> Skipped<'_, T> {
    /// A clone of the field.
    pub fn copy(&self) -> T {
        self.value.clone()
    }
}

/// What becomes of a `#[block(skip)]` field that is not `Clone` when its block is copied.
pub trait CopySkipped {
    /// The type of the field.
    type Value;

    /// Never returns.
    ///
    /// # Panics
    /// Always.
    fn copy(&self) -> Self::Value;
}

impl<T> CopySkipped for Skipped<'_, T> {
    type Value = T;

    fn copy(&self) -> T {
        panic!(
            "cannot copy `{}: {}`, a `#[block(skip)]` field that is not `Clone`; \
             implement `Clone`, or give the tied field its own `#[new(..)]`",
            self.name,
            std::any::type_name::<T>()
        )
    }
}
