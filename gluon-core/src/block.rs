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
mod drawing;
mod find;
mod forward;
mod hook;
mod initialize;
mod into_layer;
mod locate;
mod member;
mod names;
mod share;
mod summary;
mod tie;
mod tree;
mod tuples;
mod visit;

use std::cell::RefCell;
use std::rc::Rc;

use crate::device::Device;
use crate::dtype::DType;
use crate::error::Result;
use crate::hash::Map;
pub use crate::init::Initialization;
use crate::parameter::{Parameter, ParameterDict};
use crate::tape::GradReq;
use crate::tensor::Tensor;

pub use apply::ApplyInOrder;
pub use drawing::Drawing;
pub use forward::{Forward, Layer};
pub use hook::Hook;
pub(crate) use hook::observe;
pub use into_layer::IntoLayer;
pub(crate) use locate::locate_member;
pub use member::Member;
pub use share::{
    CloneSkipped, CopiedAs, CopySkipped, NotAMember, Replicate, Shareable, SharedWith, Skipped,
    Source, tied,
};
pub use summary::{Row, Summary};
pub(crate) use tie::named_parameters;
pub use tie::retie;
pub use visit::{Place, Tie, Visitor, VisitorMut, Walk, WalkMut};
use visit::{root, root_mut};

/// A node of the model tree: a struct or enum whose fields are [`Member`]s.
///
/// Derive it; the derive's documentation teaches the language. The methods with a body here are
/// what every model can do.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a block",
    label = "not a block",
    note = "a struct or an enum derives `Block`, and a type parameter has the bound `Block`",
    note = "an option, a vector, an array, a tuple or a map is a member of a block and none itself: call what it holds",
    note = "a function or a closure becomes one by `Lambda::new(\"name\", ..)`"
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

    /// The type's name with its path and type arguments, which tells it from other types.
    fn kind(&self) -> &'static str {
        std::any::type_name::<Self>()
    }

    /// The blocks of this model with their structural paths, in declaration order, each before its
    /// children; first this one, whose path is empty.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::{Block, nn::Dense, sequential};
    ///
    /// let net = sequential![sequential![Dense::new(8)], Dense::new(2)];
    /// let paths: Vec<String> = net.blocks().into_iter().map(|(path, _)| path).collect();
    /// assert_eq!(paths, ["", "0", "0.0", "1"]);
    /// ```
    fn blocks(&self) -> Vec<(String, &dyn Block)> {
        find::named(&root(self))
    }

    /// The direct children with their names: fields, indices and keys, in declaration order.
    fn children(&self) -> Vec<(String, &dyn Block)> {
        find::children(&root(self))
    }

    /// The block at the structural path `path`: `encoder.0`.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::{Block, nn::Dense, sequential};
    ///
    /// let net = sequential![sequential![Dense::new(8)], Dense::new(2)];
    /// assert_eq!(net.child("0.0")?.tree(), "Dense(None -> 8, linear)");
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnknownBlock`](crate::Error::UnknownBlock) if there is none.
    fn child(&self, path: &str) -> Result<&dyn Block> {
        Ok(find::find(&root(self), path)?.block)
    }

    /// Shows `f` every block of this model, children before their parents; last this one.
    fn apply(&self, mut f: impl FnMut(&dyn Block)) -> &Self
    where
        Self: Sized,
    {
        find::apply(&root(self), &mut f);
        self
    }

    /// Calls `f` with the block at `path`, its input and its output whenever it has computed on
    /// this thread, until the hook is dropped. Gluon's `register_forward_hook`.
    ///
    /// Hooks run in the order in which they were attached. A block is seen when it is called by
    /// [`Tensor::apply`], by a `Sequential` or by a `#[block(sequential)]` struct, and not when its
    /// `forward` is called by name. Of blocks without data, two that stand side by side in a struct
    /// cannot be told apart. A function that makes its own block compute is not called again for
    /// that.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use std::{cell::RefCell, rc::Rc};
    /// use gluon::{Block, Forward, Tensor, nn::Dense, sequential};
    ///
    /// let mut net = sequential![Dense::new(8).relu(), Dense::new(2)];
    /// net.initialize()?;
    /// let seen = Rc::new(RefCell::new(Vec::new()));
    /// let means = Rc::clone(&seen);
    /// let hook = net.on_forward("0", move |_, _, output| {
    ///     means.borrow_mut().push(output.mean().and_then(|mean| mean.item()));
    /// })?;
    /// net.forward(&Tensor::ones([4, 3]))?;
    /// hook.detach();
    /// net.forward(&Tensor::ones([4, 3]))?;
    /// assert_eq!(seen.borrow().len(), 1);
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnknownBlock`](crate::Error::UnknownBlock) if there is no such block.
    fn on_forward(
        &self,
        path: &str,
        f: impl FnMut(&dyn Block, &Tensor, &Tensor) + 'static,
    ) -> Result<Hook<'_>>
    where
        Self: Sized,
    {
        Hook::attach(self, path, hook::Function::After(Rc::new(RefCell::new(f))))
    }

    /// [`on_forward`](Block::on_forward) before the block computes: `f` gets its input. Gluon's
    /// `register_forward_pre_hook`.
    ///
    /// # Errors
    /// As for [`on_forward`](Block::on_forward).
    fn before_forward(
        &self,
        path: &str,
        f: impl FnMut(&dyn Block, &Tensor) + 'static,
    ) -> Result<Hook<'_>>
    where
        Self: Sized,
    {
        Hook::attach(self, path, hook::Function::Before(Rc::new(RefCell::new(f))))
    }

    /// Calls `f` with the gradient of the output of the block at `path` when `backward` comes by,
    /// for whatever the block computes inside `record` from here on.
    ///
    /// # Errors
    /// As for [`on_forward`](Block::on_forward).
    fn on_backward(&self, path: &str, f: impl FnMut(&Tensor) + 'static) -> Result<Hook<'_>>
    where
        Self: Sized,
    {
        Hook::attach(self, path, hook::Function::Backward(Rc::new(RefCell::new(f))))
    }

    /// Every parameter in here by name, in declaration order, each storage once.
    fn collect_params(&self) -> ParameterDict {
        collect::collect(&root(self), None)
    }

    /// [`collect_params`](Block::collect_params) with scoped names that begin with `prefix`
    /// instead of the hint and the number 0: `mlp1_`.
    fn collect_params_with(&self, prefix: &str) -> ParameterDict {
        collect::collect(&root(self), Some(prefix))
    }

    /// Gives every parameter its first values, `Uniform(0.07)` unless it has an initializer of its
    /// own; those of unknown shape get them in the first `forward`.
    ///
    /// Declared ties hold afterwards. Parameters that have values already keep them;
    /// [`initialize_again`](Block::initialize_again) draws anew. The seed is the next number of this
    /// thread's generator, which [`random::seed`](crate::random::seed) sets.
    ///
    /// # Errors
    /// [`Error::TieMismatch`](crate::Error::TieMismatch) if a declared tie cannot hold,
    /// [`Error::DuplicateName`](crate::Error::DuplicateName) if two parameters have the same name,
    /// or what an initializer returns.
    fn initialize(&mut self) -> Result<()> {
        self.tie()?;
        initialize::initialize(&root(self), &Initialization::default())
    }

    /// [`initialize`](Block::initialize) with another initializer, seed, or both.
    ///
    /// # Errors
    /// As for [`initialize`](Block::initialize).
    fn initialize_with(&mut self, initialization: impl Into<Initialization>) -> Result<()>
    where
        Self: Sized,
    {
        self.tie()?;
        initialize::initialize(&root(self), &initialization.into())
    }

    /// [`initialize_with`](Block::initialize_with), but parameters that have values lose them.
    ///
    /// # Errors
    /// As for [`initialize`](Block::initialize).
    fn initialize_again(&mut self, initialization: impl Into<Initialization>) -> Result<()>
    where
        Self: Sized,
    {
        self.tie()?;
        initialize::initialize(&root(self), &initialization.into().force())
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
        tree::tree(&root(self))
    }

    /// What each block makes of `x`, in the order in which they compute, and how many parameters it
    /// has, as a table; the model must be initialized.
    ///
    /// Runs `forward` once in prediction mode, with [hooks](Block::on_forward).
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::{Block, Tensor, nn::Dense, sequential};
    ///
    /// let mut net = sequential![first: Dense::new(4), #[shared(first)] _];
    /// net.initialize()?;
    /// let table = net.summary(&Tensor::ones([2, 4]))?;
    /// println!("{table}");
    /// assert_eq!((table.total, table.shared, table.unique()), (40, 20, 20));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// What `forward` returns.
    fn summary(&self, x: &Tensor) -> Result<Summary>
    where
        Self: Forward + Sized,
    {
        summary::summary(self, x)
    }

    /// The model as nested boxes with its ties, to be written for Mermaid, Graphviz or browsers.
    fn drawing(&self) -> Drawing {
        drawing::drawing(&root(self))
    }

    /// Makes every declared tie hold, as [`initialize`](Block::initialize) does.
    ///
    /// # Errors
    /// [`Error::TieMismatch`](crate::Error::TieMismatch) if one cannot hold.
    fn tie(&mut self) -> Result<()> {
        tie::retie_all(&mut root_mut(self))
    }

    /// Makes parameters in here those of `source`, by their structural names: one storage, one
    /// gradient, one update. Parameters that `source` does not have stay this block's own.
    ///
    /// A tie that holds for every model of a type is better declared: `#[shared(..)]`. This is for
    /// those known at run time only. MXNet 2's `share_parameters`, and `params` in the constructors
    /// of MXNet 1.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::{Block, nn::Dense};
    ///
    /// let first = Dense::new(8).in_units(4);
    /// let mut second = Dense::new(8);
    /// second.share_parameters(&first.collect_params())?;
    /// assert!(second.weight.is_same(&first.weight));
    ///
    /// let mut third = Dense::new(8).no_bias();
    /// assert!(third.share_parameters(&first.collect_params()).is_err());     // no bias here
    /// third.share_parameters(&first.collect_params().select_path("weight")?)?;
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::TieMismatch`](crate::Error::TieMismatch) if a parameter of `source` has no
    /// counterpart here, or one of another shape or type. Nothing has changed then.
    fn share_parameters(&mut self, source: &ParameterDict) -> Result<()> {
        let sources = tie::fitting(&root(self), source)?;
        tie::replace(&mut root_mut(self), sources);
        Ok(())
    }

    /// A model of its own with the same values; what is tied in here is tied there.
    fn duplicate(&self) -> Self
    where
        Self: Replicate,
    {
        let mut copies: Map<usize, Parameter> = Map::default();
        self.rebuild(&mut |parameter| {
            copies.entry(parameter.id()).or_insert_with(|| parameter.duplicate()).share()
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
        self.collect_params().to_device(device);
    }

    /// Converts every parameter to `dtype`; ties hold.
    ///
    /// # Panics
    /// **If `dtype` is not a type of floats**: the values would be cut off.
    #[track_caller]
    fn cast(&mut self, dtype: DType) {
        self.collect_params().cast(dtype);
    }
}

/// Gives the parameters of a block just built the names they have in it.
///
/// Generated constructors and `sequential!` call it, so that errors can name a parameter from the
/// beginning.
pub fn declare<M: Member + ?Sized>(block: &M) {
    collect::collect(&root(block), None).give_names();
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
