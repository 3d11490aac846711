//! Blocks: nodes of the model tree, and what follows from declaring one.
//!
//! [`Member`] is what a field of a block may be; [`Block`] is a struct or enum of members, and
//! everything that can be done to one without knowing what it computes; [`Forward`] is the
//! computation; a [`Layer`] is both.
//!
//! `#[derive(Block)]` writes `Member` and `Block`, that is: the walk over the fields. All else is
//! written once on top of that walk.

pub mod advice;
mod apply;
mod declare;
mod forward;
mod member;
mod names;
mod share;
mod visit;

pub use apply::ApplyInOrder;
pub use declare::{declare, retie};
pub use forward::{Forward, Layer};
pub use member::Member;
pub use share::{CopiedAs, CopySkipped, Replicate, Shareable, SharedWith, Skipped, tied};
pub use visit::{Place, Tie, Visitor, VisitorMut, Walk, WalkMut};

/// A node of the model tree: a struct or enum whose fields are [`Member`]s.
///
/// Derive it; the derive's documentation teaches the language.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a block",
    label = "not a block",
    note = "derive `Block` for it"
)]
pub trait Block: Member {
    /// What scoped names are made from: `mlp` gives `mlp0_dense0_weight`.
    ///
    /// The derive takes the type's name in lower case, or what `#[block(hint = "..")]` says.
    fn hint(&self) -> &str;

    /// The type's name as the model's printed tree shows it.
    fn type_name(&self) -> &str;

    /// The block in one line, such as `Dense(20 -> 256, Activation(relu))`; `None` for a block
    /// that is printed as the tree of its children.
    fn describe(&self) -> Option<String> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl<B: Block> Block for Box<B> {
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
