//! Layers: what `sequential!` fills before it is a [`Sequential`].

use super::Sequential;
use super::ties::Tied;
use crate::block::{Layer, Member, declare, named_parameters};
use crate::parameter::Parameter;

/// Layers in order, some of which have a label or are tied to one that has.
#[derive(Default)]
pub struct Layers {
    layers: Vec<Box<dyn Layer>>,
    labels: Vec<(&'static str, usize)>,
    ties: Vec<Declared>,
}

/// A tie to a layer that has a label.
struct Declared {
    layer: At,
    member: String,
    label: &'static str,
    source: String,
}

#[derive(Clone, Copy)]
enum At {
    Index(usize),
    Label(&'static str),
}

impl Layers {
    /// No layers yet.
    pub fn new() -> Layers {
        Layers::default()
    }

    /// Adds a layer.
    pub fn push(&mut self, layer: Box<dyn Layer>) {
        self.layers.push(layer);
    }

    /// Adds a layer that has a label.
    pub fn label(&mut self, label: &'static str, layer: Box<dyn Layer>) {
        self.labels.push((label, self.layers.len()));
        self.layers.push(layer);
    }

    /// Adds `others`, none of which has a label.
    pub fn append(&mut self, others: Layers) {
        let first = self.layers.len();
        self.layers.extend(others.layers);
        self.ties.extend(others.ties.into_iter().map(|mut tie| {
            if let At::Index(index) = &mut tie.layer {
                *index += first;
            }
            tie
        }));
    }

    /// Declares that the layer added next shares `members` with the layer called `label`.
    pub fn tie(&mut self, label: &'static str, members: Members) {
        self.declare(At::Index(self.layers.len()), label, members);
    }

    /// Declares that the layer that will be called `name` shares `members` with the one called
    /// `label`.
    pub fn tie_label(&mut self, name: &'static str, label: &'static str, members: Members) {
        self.declare(At::Label(name), label, members);
    }

    fn declare(&mut self, layer: At, label: &'static str, members: Members) {
        let tie = |(member, source)| Declared { layer, member, label, source };
        self.ties.extend(members.0.into_iter().map(tie));
    }

    /// The layers as a net, whose parameters have the names that they have in it.
    pub fn into_sequential(self) -> Sequential {
        let resolve = |tie: &Declared| {
            let layer = match tie.layer {
                At::Index(index) => index,
                At::Label(name) => self.index(name)?,
            };
            let source = self.index(tie.label)?;
            Some(Tied { layer, member: tie.member.clone(), source, of: tie.source.clone() })
        };
        let ties = self.ties.iter().filter_map(resolve).collect();
        let net = Sequential { layers: self.layers, ties };
        declare(&net);
        net
    }

    fn index(&self, label: &str) -> Option<usize> {
        self.labels.iter().find(|(name, _)| *name == label).map(|(_, index)| *index)
    }
}

/// What two layers share: paths in the one that shares, and in the source.
pub struct Members(Vec<(String, String)>);

impl Members {
    /// All parameters.
    pub fn all() -> Members {
        Members(vec![Default::default()])
    }

    /// The parameters of `member` in `layer`, with those of the same name of `other` in `source`.
    pub fn of(
        layer: &dyn Member,
        member: &dyn Member,
        source: &dyn Member,
        other: &dyn Member,
    ) -> Members {
        let (layer, source) = (named_parameters(layer), named_parameters(source));
        let others = named_parameters(other);
        let pair = |(name, parameter): (String, &Parameter)| {
            let (_, other) = others.iter().find(|(other, _)| *other == name)?;
            Some((path_of(parameter, &layer)?, path_of(other, &source)?))
        };
        Members(named_parameters(member).into_iter().filter_map(pair).collect())
    }
}

/// The name among `all` of the very handle `parameter`: several handles may be to one parameter.
fn path_of(parameter: &Parameter, all: &[(String, &Parameter)]) -> Option<String> {
    let (path, _) = all.iter().find(|(_, known)| std::ptr::eq(*known, parameter))?;
    Some(path.clone())
}
