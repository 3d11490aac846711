//! Collecting parameters: the walk that most others stand on.

use super::Block;
use super::member::Member;
use super::tie;
use super::visit::{Place, Root, Tie, Visitor, Walk};
use crate::parameter::{Entry, Parameter, ParameterDict};

/// The parameters of `root`, and which of its ties are broken.
pub(super) fn collect(root: Root<'_, '_>, prefix: Option<&str>) -> ParameterDict {
    let mut collector = Collector::default();
    Walk::lead(root, prefix, &mut collector);
    collector.dict
}

#[derive(Default)]
struct Collector {
    dict: ParameterDict,
}

impl<'a> Visitor<'a> for Collector {
    fn enter(&mut self, place: &Place<'_>, _: &'a dyn Block) {
        if place.path().is_empty() {
            self.dict.set_prefix(place.prefix());
        }
    }

    fn parameter(&mut self, place: &Place<'_>, parameter: &'a Parameter) {
        self.dict.insert(parameter, place.path(), place.scoped());
    }

    fn tie(&mut self, place: &Place<'_>, tie: Tie<'_, &'a dyn Member, &'a dyn Member>) {
        if !tie::holds(tie.member, tie.source) {
            self.dict.add_broken(place.join(tie.field), place.join(tie.target));
        }
    }
}

/// Calls `f` with every parameter of `root`, each storage once.
pub(super) fn each(root: Root<'_, '_>, f: &mut dyn FnMut(&Entry)) {
    collect(root, None).iter().for_each(f);
}

/// Gives every parameter of `root` the names it has there.
pub(super) fn name(root: Root<'_, '_>, prefix: Option<&str>) {
    for entry in &collect(root, prefix) {
        entry.rename(entry.path(), entry.name().to_owned());
    }
}
