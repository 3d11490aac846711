//! Collecting parameters: the walk that most others stand on.

use std::collections::HashMap;

use super::Block;
use super::member::Member;
use super::tie;
use super::visit::{Place, Root, Tie, Visitor, Walk};
use crate::device::Device;
use crate::dtype::DType;
use crate::parameter::{Parameter, ParameterDict};
use crate::tape::GradReq;

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
    places: HashMap<usize, usize>,
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

/// Sets every gradient of `root` to zero.
pub(super) fn zero_grad(root: Root<'_, '_>) {
    collect(root, None).iter().for_each(|entry| entry.zero_grad());
}

/// Sets what `backward` does with every gradient of `root`.
pub(super) fn set_grad_req(root: Root<'_, '_>, req: GradReq) {
    collect(root, None).iter().for_each(|entry| entry.set_grad_req(req));
}

/// Moves every parameter of `root` to `device`.
pub(super) fn to_device(root: Root<'_, '_>, device: Device) {
    collect(root, None).iter().for_each(|entry| entry.to_device(device));
}

/// Converts every parameter of `root` to `dtype`.
pub(super) fn cast(root: Root<'_, '_>, dtype: DType) {
    collect(root, None).iter().for_each(|entry| entry.cast(dtype));
}
