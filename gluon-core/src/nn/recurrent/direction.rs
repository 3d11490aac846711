//! Directions: the weights of one pass over a sequence, and the passes of a layer.

use crate::block::{Block, Member, Replicate, Walk, WalkMut};
use crate::parameter::Parameter;

/// The weights of a pass forwards (`l` in scoped names) or backwards in time (`r`).
#[derive(Debug)]
pub(super) struct Direction {
    pub(super) reverse: bool,
    /// `i2h_weight`, `h2h_weight`, `i2h_bias`, `h2h_bias`
    pub(super) parameters: [Parameter; 4],
}

const NAMES: [&str; 4] = ["i2h_weight", "h2h_weight", "i2h_bias", "h2h_bias"];

#[diagnostic::do_not_recommend]
impl Member for Direction {
    fn visit<'a>(&'a self, walk: &mut Walk<'a, '_>) {
        walk.enter(self);
        for (name, parameter) in NAMES.into_iter().zip(&self.parameters) {
            walk.member(name, parameter);
        }
        walk.leave(self);
    }

    fn visit_mut(&mut self, walk: &mut WalkMut<'_>) {
        walk.enter(if self.reverse { "r" } else { "l" });
        for (name, parameter) in NAMES.into_iter().zip(&mut self.parameters) {
            walk.member(name, parameter);
        }
        walk.leave(self);
    }

    fn rebuild(&self, map: &mut dyn FnMut(&Parameter) -> Parameter) -> Direction {
        Direction { reverse: self.reverse, parameters: self.parameters.each_ref().map(map) }
    }
}

#[diagnostic::do_not_recommend]
impl Replicate for Direction {}

#[diagnostic::do_not_recommend]
impl Block for Direction {
    fn hint(&self) -> &str {
        if self.reverse { "r" } else { "l" }
    }

    fn type_name(&self) -> &str {
        "Direction"
    }
}

/// The passes of one layer: one, whose parameters stand in the layer itself, or one each way, with
/// Gluon's names `l_cell` and `r_cell`.
#[derive(Debug)]
pub(super) struct Passes(pub(super) Vec<Direction>);

const BOTH: [&str; 2] = ["l_cell", "r_cell"];

impl Passes {
    /// As many passes as there are directions, each of the parameters that `parameters` makes.
    pub(super) fn new(directions: usize, parameters: impl Fn() -> [Parameter; 4]) -> Passes {
        let pass = |index| Direction { reverse: index == 1, parameters: parameters() };
        Passes((0..directions).map(pass).collect())
    }
}

#[diagnostic::do_not_recommend]
impl Member for Passes {
    fn visit<'a>(&'a self, walk: &mut Walk<'a, '_>) {
        match &self.0[..] {
            [only] => only.visit(walk),
            both => BOTH.into_iter().zip(both).for_each(|(name, pass)| walk.member(name, pass)),
        }
    }

    fn visit_mut(&mut self, walk: &mut WalkMut<'_>) {
        match &mut self.0[..] {
            [only] => only.visit_mut(walk),
            both => BOTH.into_iter().zip(both).for_each(|(name, pass)| walk.member(name, pass)),
        }
    }

    fn rebuild(&self, map: &mut dyn FnMut(&Parameter) -> Parameter) -> Passes {
        Passes(self.0.rebuild(map))
    }
}

#[diagnostic::do_not_recommend]
impl Replicate for Passes {}
