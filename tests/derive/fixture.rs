//! Layers made for these tests, and what a walk sees of a block.

#![allow(unreachable_pub)]

use gluon::block::{Place, Tie, Visitor, VisitorMut, Walk, WalkMut};
use gluon::prelude::*;

/// A layer with two parameters, and a configuration that a tied copy takes over.
#[derive(Block, Debug)]
pub struct Dense {
    pub weight: Parameter,
    pub bias: Parameter,
    pub units: usize,
}

impl Dense {
    pub fn new(units: usize) -> Dense {
        Dense { weight: Parameter::new([units, 0]), bias: Parameter::new([units]), units }
    }
}

impl Forward for Dense {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        Ok(input.clone())
    }
}

/// A layer of another type.
#[derive(Block)]
pub struct Embedding {
    pub weight: Parameter,
}

impl Forward for Embedding {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        Ok(input.clone())
    }
}

impl Embedding {
    pub fn new(words: usize, size: usize) -> Embedding {
        Embedding { weight: Parameter::new([words, size]) }
    }
}

/// What a walk shows: names of parameters and ties.
#[derive(Default)]
struct Seen {
    lines: Vec<String>,
}

impl<'a> Visitor<'a> for Seen {
    fn parameter(&mut self, place: &Place<'_>, _: &'a Parameter) {
        self.lines.push(format!("{} {}", place.path(), place.scoped()));
    }

    fn tie(&mut self, place: &Place<'_>, tie: Tie<'_, &'a dyn Member, &'a dyn Member>) {
        let at =
            if place.path().is_empty() { String::new() } else { format!(" in {}", place.path()) };
        self.lines.push(format!("{} = {}{at}", tie.field, tie.target));
    }
}

impl VisitorMut for Seen {
    fn leave(&mut self, place: &Place<'_>, block: &mut dyn Block) {
        self.lines.push(format!("{} is {}", place.path(), block.type_name()));
    }

    fn parameter(&mut self, place: &Place<'_>, _: &mut Parameter) {
        self.lines.push(format!("{} {}", place.path(), place.scoped()));
    }

    fn tie(&mut self, place: &Place<'_>, tie: Tie<'_, &mut dyn Member, &dyn Member>) {
        self.lines.push(format!("{} = {} in {}", tie.field, tie.target, place.path()));
    }
}

/// What a walk that may exchange parameters shows, blocks after their members.
pub fn walk_mut(block: &mut dyn Member) -> Vec<String> {
    let mut seen = Seen::default();
    WalkMut::run(block, None, &mut seen);
    seen.lines
}

/// Every parameter of `block` as `structural scoped`, and every tie as `field = source`.
pub fn walk(block: &dyn Member) -> Vec<String> {
    let mut seen = Seen::default();
    Walk::run(block, None, &mut seen);
    seen.lines
}

/// Asserts that a walk through `block` shows `expected`.
#[track_caller]
pub fn check(block: &dyn Member, expected: &[&str]) {
    assert_eq!(walk(block), expected);
}
