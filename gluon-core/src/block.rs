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
mod collect;
mod forward;
mod initialize;
mod into_layer;
mod member;
mod names;
mod share;
mod tie;
mod tree;
mod visit;

use crate::device::Device;
use crate::dtype::DType;
use crate::error::Result;
use crate::parameter::{Parameter, ParameterDict};
use crate::tape::GradReq;

pub use apply::ApplyInOrder;
pub use forward::{Forward, Layer};
pub use initialize::Initialization;
pub use into_layer::IntoLayer;
pub use member::Member;
pub use share::{
    CloneSkipped, CopiedAs, CopySkipped, NotAMember, Replicate, Shareable, SharedWith, Skipped,
    Source, tied,
};
pub use tie::retie;
pub use visit::{Place, Tie, Visitor, VisitorMut, Walk, WalkMut};

/// A node of the model tree: a struct or enum whose fields are [`Member`]s.
///
/// Derive it; the derive's documentation teaches the language. The methods with a body here are
/// what every model can do.
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

    /// Every parameter in here by name, in declaration order, each storage once.
    fn collect_params(&self) -> ParameterDict {
        collect::collect(self, None)
    }

    /// [`collect_params`](Block::collect_params) with scoped names that begin with `prefix`
    /// instead of the hint and the number 0: `mlp1_`.
    fn collect_params_with(&self, prefix: &str) -> ParameterDict {
        collect::collect(self, Some(prefix))
    }

    /// Gives every parameter its first values, `Uniform(0.07)` unless it has an initializer of its
    /// own; those of unknown shape get them in the first `forward`.
    ///
    /// Declared ties hold afterwards. Parameters that have values already keep them;
    /// [`initialize_again`](Block::initialize_again) draws anew.
    ///
    /// # Errors
    /// [`Error::TieMismatch`](crate::Error::TieMismatch) if a declared tie cannot hold,
    /// [`Error::DuplicateName`](crate::Error::DuplicateName) if two parameters have the same name,
    /// or what an initializer returns.
    fn initialize(&mut self) -> Result<()> {
        initialize::initialize(self, &Initialization::default())
    }

    /// [`initialize`](Block::initialize) with another initializer, seed, or both.
    ///
    /// # Errors
    /// As for [`initialize`](Block::initialize).
    fn initialize_with(&mut self, initialization: impl Into<Initialization>) -> Result<()>
    where
        Self: Sized,
    {
        initialize::initialize(self, &initialization.into())
    }

    /// [`initialize_with`](Block::initialize_with), but parameters that have values lose them.
    ///
    /// # Errors
    /// As for [`initialize`](Block::initialize).
    fn initialize_again(&mut self, initialization: impl Into<Initialization>) -> Result<()>
    where
        Self: Sized,
    {
        initialize::initialize(self, &initialization.into().force())
    }

    /// The model as the tree of its blocks, in Gluon's form:
    ///
    /// ```text
    /// Mlp(
    ///   (hidden): Dense(20 -> 256, Activation(relu))
    ///   (output): Dense(256 -> 10, linear)
    /// )
    /// ```
    fn tree(&self) -> String {
        tree::tree(self)
    }

    /// Makes every declared tie hold, as [`initialize`](Block::initialize) does.
    ///
    /// # Errors
    /// [`Error::TieMismatch`](crate::Error::TieMismatch) if one cannot hold.
    fn tie(&mut self) -> Result<()> {
        tie::retie_all(self)
    }

    /// A model of its own with the same values; what is tied in here is tied there.
    fn duplicate(&self) -> Self
    where
        Self: Replicate,
    {
        let mut copies: Vec<(usize, Parameter)> = Vec::new();
        self.rebuild(&mut |parameter| {
            let id = parameter.id();
            match copies.iter().find(|(known, _)| *known == id) {
                Some((_, copy)) => copy.share(),
                None => {
                    let copy = parameter.duplicate();
                    copies.push((id, copy.share()));
                    copy
                }
            }
        })
    }

    /// Sets every gradient to zero.
    fn zero_grad(&self) {
        self.collect_params().zero_grad();
    }

    /// Sets what `backward` does with every gradient in here; [`GradReq::Null`] freezes.
    fn set_grad_req(&self, req: GradReq) {
        self.collect_params().set_grad_req(req);
    }

    /// Moves every parameter to `device`; ties hold.
    fn to_device(&mut self, device: Device) {
        for entry in &self.collect_params() {
            entry.to_device(device);
        }
    }

    /// Converts every parameter to `dtype`; ties hold.
    fn cast(&mut self, dtype: DType) {
        for entry in &self.collect_params() {
            entry.cast(dtype);
        }
    }
}

/// Gives the parameters of a block just built the names they have in it.
///
/// Generated constructors call it, so that errors can name a parameter from the beginning.
pub fn declare<M: Member + ?Sized>(block: &M) {
    collect::name(block, None);
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
