//! What the compiler says of a field that cannot be a member.
//!
//! Each trait here holds for every member, and says of a type that is none what to write instead.
//! Generated code asks through the one whose words fit the type as it is spelled, so that the
//! spelling chooses the words of an error and never what compiles. The traits come in pairs: for
//! any block, and for a `#[block(sequential)]` one, whose members must also be applied in order.

use super::{ApplyInOrder, Member, Walk, WalkMut};
use crate::error::Result;
use crate::parameter::Parameter;
use crate::tensor::Tensor;

/// Defines a trait with the methods of a member, for whatever is a `$bound`, with the words that
/// the compiler says of what is not.
macro_rules! advice {
    // `$bound` is no supertrait: an error would speak of it too.
    ($bound:ident: $(#[$doc:meta])* $name:ident { $($words:tt)* } $(+ { $($own:tt)* } { $($body:tt)* })?) => {
        $(#[$doc])*
        #[diagnostic::on_unimplemented($($words)*)]
        pub trait $name {
            /// [`Member::visit`] under the name that a field has.
            fn visit_as<'a>(&'a self, name: &str, walk: &mut Walk<'a, '_>);

            /// [`Member::visit_mut`] under the name that a field has.
            fn visit_mut_as(&mut self, name: &str, walk: &mut WalkMut<'_>);

            /// [`Member::rebuild`].
            fn rebuild(&self, map: &mut dyn FnMut(&Parameter) -> Parameter) -> Self
            where
                Self: Sized;

            /// This member, whatever its type.
            fn as_member(&self) -> &dyn Member;

            /// This member, whatever its type, to be changed.
            fn as_member_mut(&mut self) -> &mut dyn Member;

            $($($own)*)?
        }

        #[diagnostic::do_not_recommend]
        impl<M: $bound> $name for M {
            fn visit_as<'a>(&'a self, name: &str, walk: &mut Walk<'a, '_>) {
                walk.member(name, self);
            }

            fn visit_mut_as(&mut self, name: &str, walk: &mut WalkMut<'_>) {
                walk.member(name, self);
            }

            fn rebuild(&self, map: &mut dyn FnMut(&Parameter) -> Parameter) -> Self {
                Member::rebuild(self, map)
            }

            fn as_member(&self) -> &dyn Member {
                self
            }

            fn as_member_mut(&mut self) -> &mut dyn Member {
                self
            }

            $($($body)*)?
        }
    };
}

/// Defines such a trait for what can also be applied in order.
macro_rules! advice_in_order {
    ($($(#[$doc:meta])* $name:ident { $($words:tt)* })*) => {$(
        advice!(ApplyInOrder: $(#[$doc])* $name { $($words)* } + {
            /// [`ApplyInOrder::apply_in_order`].
            ///
            /// # Errors
            /// Whatever the blocks in here return.
            fn apply_in_order(&self, input: Tensor) -> Result<Tensor>;
        } {
            fn apply_in_order(&self, input: Tensor) -> Result<Tensor> {
                ApplyInOrder::apply_in_order(self, input)
            }
        });
    )*};
}

/// Defines a pair of them.
macro_rules! pairs {
    ($($(#[$doc:meta])* $member:ident | $layer:ident { $($words:tt)* })*) => {$(
        advice!(Member: $(#[$doc])* $member { $($words)* });
        advice_in_order!($(#[$doc])* $layer { $($words)* });
    )*};
}

/// A type argument of a constructor that is a member: the same as [`Member`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a member of a block",
    label = "not a block, a `Parameter`, a container of them, or plain data",
    note = "a layer of your own derives `Block`"
)]
pub trait MemberArgument: Member {}

#[diagnostic::do_not_recommend]
impl<M: Member> MemberArgument for M {}

advice! {
    Member:
    /// Any member.
    AnyMember {
        message = "`{Self}` cannot be a member of a block",
        label = "not a block, a `Parameter`, a container of them, or plain data",
        note = "a layer of your own derives `Block`, and so does the type in its `<..>`; a field that holds something else is marked `#[block(skip)]`",
        note = "a map is a `BTreeMap<String, _>`; what is behind `Rc`, `Arc`, `RefCell`, `Mutex` or a reference is held as it is, and shared by `#[shared(..)]`; instead of a `Tensor` stands a `Parameter::constant(..)`"
    }
}

pairs! {
    /// A map whose members have an order: no `HashMap`.
    OrderedMap | OrderedLayers {
        message = "`{Self}` has no order, so it cannot be a member of a block",
        label = "the order of its members would change from run to run",
        note = "use `BTreeMap<String, _>`, or `IndexMap<String, _>` with the feature `indexmap`",
        note = "if it holds no parameters, mark the field `#[block(skip)]`"
    }

    /// A map whose keys are names.
    NamedMembers | NamedLayers {
        message = "`{Self}` cannot be a member of a block",
        label = "a map of members has `String` keys",
        note = "its keys become names of parameters: use `BTreeMap<String, _>`, or `IndexMap<String, _>` with the feature `indexmap`",
        note = "if it holds no parameters, mark the field `#[block(skip)]`"
    }

    /// A list whose members have an index: no set, queue or slice.
    IndexedMembers | IndexedLayers {
        message = "`{Self}` cannot be a member of a block",
        label = "its members have no fixed index to be named by",
        note = "use `Vec<_>` or an array",
        note = "if it holds no parameters, mark the field `#[block(skip)]`"
    }

    /// A member held by value: no `Rc` or `Arc`.
    OwnedMember | OwnedLayer {
        message = "`{Self}` cannot be a member of a block",
        label = "a block owns its members",
        note = "hold the value itself, and declare what is shared: `#[shared(other_field)]`",
        note = "if it holds no parameters, mark the field `#[block(skip)]`"
    }

    /// A member that changes only as a whole: no cell or lock.
    UnlockedMember | UnlockedLayer {
        message = "`{Self}` cannot be a member of a block",
        label = "a walk cannot look into a cell or a lock",
        note = "hold the value itself: a `Parameter` can be changed through `&self` as it is",
        note = "if it holds no parameters, such as a cache, mark the field `#[block(skip)]`"
    }

    /// A member, not a reference or pointer to one.
    HeldMember | HeldLayer {
        message = "`{Self}` cannot be a member of a block",
        label = "a block owns its members and does not borrow them",
        note = "hold the value itself, and declare what is shared: `#[shared(other_field)]`",
        note = "if it holds no parameters, mark the field `#[block(skip)]`"
    }

    /// A value with a name: no bare `Tensor`.
    NamedTensor | NamedTensorLayer {
        message = "`{Self}` cannot be a member of a block",
        label = "a `Tensor` has no name to be saved under",
        note = "use a `Parameter` for values that are trained, and `Parameter::constant(..)` for those that are saved but never trained",
        note = "if it is scratch that is neither, mark the field `#[block(skip)]`"
    }

    /// A member known by what it does: a `Box<dyn Layer>`.
    LayerObject | LayerObjectInOrder {
        message = "`{Self}` cannot be a member of a block",
        label = "only as `Box<dyn Layer>` can a member be of any type",
        note = "`Box<dyn Layer>` has the walk that a block needs, and is `Send + Sync` as it is",
        note = "if it holds no parameters, mark the field `#[block(skip)]`"
    }
}

advice_in_order! {
    /// A member of a `#[block(sequential)]` struct.
    MemberInOrder {
        message = "`{Self}` cannot be applied in the order of a `#[block(sequential)]`",
        label = "not a block with a `forward` from tensor to tensor",
        note = "its members are blocks that implement `Forward`, containers of such blocks, and plain data, which is passed over; a type parameter needs the bound `Layer`",
        note = "mark a field that is none of these `#[block(skip)]`, or remove `sequential` and write `forward` by hand"
    }

    /// A member of a `#[block(sequential)]` struct, which is no bare `Parameter`.
    LayerNotParameter {
        message = "`{Self}` cannot be applied in the order of a `#[block(sequential)]`",
        label = "a parameter says nothing of what to compute with it",
        note = "move it into a layer of its own, or remove `sequential` and write `forward` by hand"
    }
}
