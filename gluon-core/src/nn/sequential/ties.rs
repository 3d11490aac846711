//! Ties between the layers of a [`Sequential`](super::Sequential), as a walk shows them.

use crate::block::{Layer, Member, Place, VisitorMut, Walk, WalkMut, named_parameters};
use crate::parameter::Parameter;

/// A tie of a layer, or of a parameter in it, to an earlier layer, or to a parameter in that.
#[derive(Clone, Debug)]
pub(super) struct Tied {
    pub(super) layer: usize,
    /// The path of the parameter in the layer; empty for the layer itself.
    pub(super) member: String,
    pub(super) source: usize,
    /// The path of the parameter in the source; empty for the source itself.
    pub(super) of: String,
}

impl Tied {
    /// What the walk calls the two: `2.weight` and `0.weight`.
    fn names(&self) -> (String, String) {
        let name = |layer: usize, path: &str| match path.is_empty() {
            true => layer.to_string(),
            false => format!("{layer}.{path}"),
        };
        (name(self.layer, &self.member), name(self.source, &self.of))
    }

    /// Shows the tie.
    pub(super) fn visit<'a>(&self, layers: &'a [Box<dyn Layer>], walk: &mut Walk<'a, '_>) {
        let member = layers.get(self.layer).and_then(|layer| find(&**layer, &self.member));
        let source = layers.get(self.source).and_then(|layer| find(&**layer, &self.of));
        if let Some((member, source)) = member.zip(source) {
            let (field, target) = self.names();
            walk.tie(&field, &target, member, source);
        }
    }

    /// Shows the tie, to be changed.
    pub(super) fn visit_mut(&self, layers: &mut [Box<dyn Layer>], walk: &mut WalkMut<'_>) {
        let Some((earlier, rest)) = layers.split_at_mut_checked(self.layer) else { return };
        let source = earlier.get(self.source).and_then(|layer| find(&**layer, &self.of));
        let (Some(source), Some(layer)) = (source, rest.first_mut()) else { return };
        let names = self.names();
        if self.member.is_empty() {
            walk.tie(&names.0, &names.1, layer, source);
        } else {
            WalkMut::run(layer, None, &mut Inner { path: &self.member, names, source, walk });
        }
    }
}

/// Renumbers layers as `index` says.
pub(super) fn shift(ties: &mut [Tied], index: impl Fn(usize) -> usize) {
    for tie in ties {
        (tie.layer, tie.source) = (index(tie.layer), index(tie.source));
    }
}

/// Forgets the ties of the layer `gone`. The first that was tied to it takes its place for those
/// that were tied to the same part of it.
pub(super) fn forget(ties: &mut Vec<Tied>, gone: usize) {
    ties.retain(|tie| tie.layer != gone);
    while let Some(first) = ties.iter().position(|tie| tie.source == gone) {
        let heir = ties.remove(first);
        for tie in ties.iter_mut().filter(|tie| tie.source == gone && tie.of == heir.of) {
            (tie.source, tie.of) = (heir.layer, heir.member.clone());
        }
    }
}

/// The parameter at `path` in `layer`; the layer itself if it is empty.
fn find<'a>(layer: &'a dyn Layer, path: &str) -> Option<&'a dyn Member> {
    if path.is_empty() {
        return Some(layer);
    }
    let (_, parameter) = named_parameters(layer).into_iter().find(|(known, _)| known == path)?;
    Some(parameter)
}

/// Shows the tie when the walk through a layer comes to the parameter that shares.
struct Inner<'t, 'w, 'v> {
    path: &'t str,
    names: (String, String),
    source: &'t dyn Member,
    walk: &'w mut WalkMut<'v>,
}

impl VisitorMut for Inner<'_, '_, '_> {
    fn parameter(&mut self, place: &Place<'_>, parameter: &mut Parameter) {
        if place.path() == self.path {
            self.walk.tie(&self.names.0, &self.names.1, parameter, self.source);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `2.weight` for the second layer's weight, `2` for the layer.
    fn tie(member: &str, source: &str) -> Tied {
        let place = |text: &str| {
            let (layer, path) = text.split_once('.').unwrap_or((text, ""));
            (layer.parse().unwrap(), path.to_owned())
        };
        let ((layer, member), (source, of)) = (place(member), place(source));
        Tied { layer, member, source, of }
    }

    #[test]
    fn each_part_of_what_is_gone_has_its_own_heir() {
        let mut ties = vec![
            tie("2.weight", "0.weight"),
            tie("3.weight", "0.weight"),
            tie("3.bias", "0.bias"),
            tie("4.bias", "0.bias"),
            tie("5.weight", "1.weight"),
        ];
        forget(&mut ties, 0);
        let names: Vec<_> = ties.iter().map(Tied::names).collect();
        let names: Vec<_> = names.iter().map(|(member, source)| (&**member, &**source)).collect();
        assert_eq!(
            names,
            [("3.weight", "2.weight"), ("4.bias", "3.bias"), ("5.weight", "1.weight")]
        );
    }
}
