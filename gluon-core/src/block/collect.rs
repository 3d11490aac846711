//! Collecting parameters: the walk that most others stand on.

use super::Block;
use super::member::Member;
use super::tie;
use super::visit::{Place, Root, Tie, Visitor, Walk};
use crate::hash::Map;
use crate::parameter::{Parameter, ParameterDict};

/// The parameters of `root`, and which of its ties are broken.
pub(super) fn collect(root: Root<'_, '_>, prefix: Option<&str>) -> ParameterDict {
    let mut collector = Collector::default();
    Walk::lead(root, prefix, &mut collector);
    collector.dict
}

#[derive(Default)]
struct Collector {
    dict: ParameterDict,
    /// Where the parameters are in there, by their identity.
    places: Map<usize, usize>,
}

impl<'a> Visitor<'a> for Collector {
    fn enter(&mut self, place: &Place<'_>, _: &'a dyn Block) {
        if place.path().is_empty() {
            self.dict.set_prefix(place.prefix());
        }
    }

    fn parameter(&mut self, place: &Place<'_>, parameter: &'a Parameter) {
        let next = self.dict.len();
        match *self.places.entry(parameter.id()).or_insert(next) {
            index if index < next => self.dict.add_alias(index, place.path()),
            _ => self.dict.push(parameter, place.path(), place.scoped()),
        }
    }

    fn tie(&mut self, place: &Place<'_>, tie: Tie<'_, &'a dyn Member, &'a dyn Member>) {
        if !tie::holds(tie.member, tie.source) {
            self.dict.add_broken(place.join(tie.field), place.join(tie.target));
        }
    }
}
