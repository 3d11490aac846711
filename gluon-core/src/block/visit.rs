//! Walks: a visitor led through every parameter, block and tie of a model.

use super::Block;
use super::member::Member;
use super::names::Names;
use crate::parameter::Parameter;

/// Where a walk is: the names of what it shows.
#[derive(Debug)]
pub struct Place<'n> {
    names: &'n Names,
    /// Where the member that stands here lies: a field, or a box in a container.
    slot: usize,
}

impl Place<'_> {
    /// The structural name: `hidden.weight`, `layers.2`; empty at the root.
    pub fn path(&self) -> &str {
        self.names.path()
    }

    /// The structural name of something in the block at this place.
    pub fn join(&self, name: &str) -> String {
        let path = self.path();
        if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
    }

    /// The scoped name of a parameter: `mlp0_dense0_weight`.
    pub fn scoped(&self) -> String {
        self.names.scoped()
    }

    /// The prefix of scoped names in the block at this place: `mlp0_dense0_`.
    pub fn prefix(&self) -> &str {
        self.names.prefix()
    }

    /// The address of the member that stands here, in `enter`.
    pub(super) fn slot(&self) -> usize {
        self.slot
    }
}

/// Something to do at each part of a model, without changing its structure.
///
/// Every method does nothing unless it is written.
pub trait Visitor<'a> {
    /// A block, before its members.
    fn enter(&mut self, place: &Place<'_>, block: &'a dyn Block) {
        let _ = (place, block);
    }

    /// The same block, after its members.
    fn leave(&mut self, place: &Place<'_>, block: &'a dyn Block) {
        let _ = (place, block);
    }

    /// A parameter. A shared one is shown at each of its places.
    fn parameter(&mut self, place: &Place<'_>, parameter: &'a Parameter) {
        let _ = (place, parameter);
    }

    /// A declared tie, in the block at `place`: `field` shares the parameters of `target`.
    fn tie(&mut self, place: &Place<'_>, tie: Tie<'_, &'a dyn Member, &'a dyn Member>) {
        let _ = (place, tie);
    }
}

/// Something to do at each part of a model that may exchange its parameters.
///
/// Every method does nothing unless it is written.
pub trait VisitorMut {
    /// A block, after its members.
    fn leave(&mut self, place: &Place<'_>, block: &mut dyn Block) {
        let _ = (place, block);
    }

    /// A parameter. A shared one is shown at each of its places.
    fn parameter(&mut self, place: &Place<'_>, parameter: &mut Parameter) {
        let _ = (place, parameter);
    }

    /// A declared tie, in the block at `place`, shown before the member that shares.
    fn tie(&mut self, place: &Place<'_>, tie: Tie<'_, &mut dyn Member, &dyn Member>) {
        let _ = (place, tie);
    }
}

/// A tie declared with `#[shared(target)]` on a field.
#[derive(Debug)]
pub struct Tie<'n, M, S> {
    /// The field that shares, with the parameter in it if only one is shared: `head.weight`.
    pub field: &'n str,
    /// The path it shares with, as declared: `embed.weight`.
    pub target: &'n str,
    /// The member that shares.
    pub member: M,
    /// The member it shares with.
    pub source: S,
}

/// What a walk begins with: a call of [`Walk::begin`].
///
/// It stands behind a pointer, so that what walks through a model is compiled once instead of for
/// every type of block.
pub(super) type Root<'a, 'f> = &'f dyn Fn(&mut Walk<'a, '_>);

/// The [`Root`] of `member`: one function for each type, however many walks there are.
pub(super) fn root<'a, M: Member + ?Sized>(member: &'a M) -> impl Fn(&mut Walk<'a, '_>) {
    move |walk| walk.begin(member)
}

/// [`Root`] of a model whose parameters may be exchanged: a call of [`Member::visit_mut`].
pub(super) type RootMut<'f> = &'f mut dyn FnMut(&mut WalkMut<'_>);

/// The [`RootMut`] of `member`.
pub(super) fn root_mut<M: Member + ?Sized>(member: &mut M) -> impl FnMut(&mut WalkMut<'_>) {
    move |walk| member.visit_mut(walk)
}

/// A [`Visitor`] on its way through a model.
///
/// [`Member::visit`] tells it what there is; generated code does so for each field.
pub struct Walk<'a, 'v> {
    names: Names,
    slot: usize,
    visitor: &'v mut dyn Visitor<'a>,
}

impl<'a, 'v> Walk<'a, 'v> {
    /// Leads `visitor` through `member`, whose scoped names begin with `prefix`, or with its hint
    /// and the number 0.
    pub fn run<M: Member + ?Sized>(
        member: &'a M,
        prefix: Option<&str>,
        visitor: &'v mut dyn Visitor<'a>,
    ) {
        Walk::lead(&root(member), prefix, visitor);
    }

    /// [`run`](Walk::run) through what `root` shows.
    pub(super) fn lead(root: Root<'a, '_>, prefix: Option<&str>, visitor: &'v mut dyn Visitor<'a>) {
        root(&mut Walk { names: Names::new(prefix), slot: 0, visitor });
    }

    /// Shows the root.
    pub(super) fn begin<M: Member + ?Sized>(&mut self, root: &'a M) {
        self.slot = address(root);
        root.visit(self);
    }

    /// Shows a block, before its members.
    pub fn enter(&mut self, block: &'a dyn Block) {
        self.names.enter(block.hint());
        self.visitor.enter(&Place { names: &self.names, slot: self.slot }, block);
    }

    /// Shows the same block, after its members.
    pub fn leave(&mut self, block: &'a dyn Block) {
        self.visitor.leave(&Place { names: &self.names, slot: self.slot }, block);
        self.names.leave();
    }

    /// Shows the member called `name`.
    pub fn member<M: Member + ?Sized>(&mut self, name: &str, member: &'a M) {
        let mark = self.names.push(name);
        self.slot = address(member);
        member.visit(self);
        self.names.pop(mark);
    }

    /// Shows the parameter at this place.
    pub fn parameter(&mut self, parameter: &'a Parameter) {
        self.visitor.parameter(&Place { names: &self.names, slot: self.slot }, parameter);
    }

    /// Shows that `field` (the member `member`) shares the parameters of `target` (the member
    /// `source`).
    pub fn tie(
        &mut self,
        field: &str,
        target: &str,
        member: &'a dyn Member,
        source: &'a dyn Member,
    ) {
        let tie = Tie { field, target, member, source };
        self.visitor.tie(&Place { names: &self.names, slot: self.slot }, tie);
    }
}

fn address<M: ?Sized>(member: &M) -> usize {
    std::ptr::from_ref(member).cast::<()>() as usize
}

/// A [`VisitorMut`] on its way through a model.
pub struct WalkMut<'v> {
    names: Names,
    visitor: &'v mut dyn VisitorMut,
}

impl<'v> WalkMut<'v> {
    /// Leads `visitor` through `member`, whose scoped names begin with `prefix`, or with its hint
    /// and the number 0.
    pub fn run<M: Member + ?Sized>(
        member: &mut M,
        prefix: Option<&str>,
        visitor: &'v mut dyn VisitorMut,
    ) {
        WalkMut::lead(&mut root_mut(member), prefix, visitor);
    }

    /// [`run`](WalkMut::run) through what `root` shows.
    pub(super) fn lead(root: RootMut<'_>, prefix: Option<&str>, visitor: &'v mut dyn VisitorMut) {
        root(&mut WalkMut { names: Names::new(prefix), visitor });
    }

    /// Opens a block of the given hint, before its members.
    pub fn enter(&mut self, hint: &str) {
        self.names.enter(hint);
    }

    /// Shows the same block, after its members.
    pub fn leave(&mut self, block: &mut dyn Block) {
        self.visitor.leave(&Place { names: &self.names, slot: 0 }, block);
        self.names.leave();
    }

    /// Shows the member called `name`.
    pub fn member<M: Member + ?Sized>(&mut self, name: &str, member: &mut M) {
        let mark = self.names.push(name);
        member.visit_mut(self);
        self.names.pop(mark);
    }

    /// Shows the parameter at this place.
    pub fn parameter(&mut self, parameter: &mut Parameter) {
        self.visitor.parameter(&Place { names: &self.names, slot: 0 }, parameter);
    }

    /// Shows that `field` (the member `member`) shares the parameters of `target` (the member
    /// `source`), before `member` itself is shown.
    pub fn tie(&mut self, field: &str, target: &str, member: &mut dyn Member, source: &dyn Member) {
        let tie = Tie { field, target, member, source };
        self.visitor.tie(&Place { names: &self.names, slot: 0 }, tie);
    }
}
