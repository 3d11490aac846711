//! Model: the layers of a `sequential!` in order, with every tie checked.

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Expr, Ident, Member};

use super::parse::{self, Entry, Layer};
use crate::errors::Errors;
use crate::field_path::{self, FieldPath};
use crate::suggest;
use crate::tie::{self, Shared};

/// What a `sequential!` builds.
pub(super) struct Model {
    pub(super) steps: Vec<Step>,
}

/// One entry.
pub(super) struct Step {
    pub(super) label: Option<Ident>,
    pub(super) layer: Made,
    /// How many, if it is a repetition.
    pub(super) count: Option<Expr>,
}

/// How a layer is made.
pub(super) enum Made {
    /// By an expression.
    Expression(Expr),
    /// By an expression; it then shares all parameters of an earlier layer.
    Sharing(Expr, FieldPath),
    /// By an expression; parameters in it are then shared, each with its source.
    SharingParts(Expr, Vec<(FieldPath, FieldPath)>),
    /// As a copy of an earlier layer, with the same parameters.
    Copy(FieldPath),
    /// In a way that is mistaken.
    Unknown,
}

impl Model {
    /// The model of `entries`. What is mistaken in them is noted in `errors`, and left out.
    pub(super) fn check(entries: Vec<Entry>, errors: &mut Errors) -> Model {
        let labels: Vec<Option<String>> = entries
            .iter()
            .map(|entry| entry.label.as_ref().map(|label| label.unraw().to_string()))
            .collect();
        let mut steps = Vec::new();
        for (index, entry) in entries.into_iter().enumerate() {
            check_label(&entry, index, &labels, errors);
            let shared = shared(&entry.attrs, errors);
            if let Some(Some(shared)) = &shared {
                check_sources(shared, index, &labels, errors);
            }
            steps.push(step(entry, shared, errors));
        }
        Model { steps }
    }
}

fn check_label(entry: &Entry, index: usize, labels: &[Option<String>], errors: &mut Errors) {
    let (Some(label), Some(name)) = (&entry.label, &labels[index]) else { return };
    if labels[..index].iter().flatten().any(|other| other == name) {
        errors.on(label, format!("the label `{name}` is used twice"));
    }
    if let Layer::Repeated(..) = entry.layer {
        let text =
            format!("`{name}` would name several layers; label one outside of the repetition");
        errors.on(label, text);
    }
}

fn shared(attrs: &[Attribute], errors: &mut Errors) -> Option<Option<Shared>> {
    for attr in attrs.iter().filter(|attr| !attr.path().is_ident("shared")) {
        let name = attr.path().to_token_stream().to_string().replace(' ', "");
        let text = match suggest::nearest(&name, ["shared"]) {
            Some(near) => format!("unknown attribute `{name}`; did you mean `{near}`?"),
            None => format!("unknown attribute `{name}`; a layer takes `#[shared(label)]`"),
        };
        errors.on(attr.path(), text);
    }
    tie::find(attrs, errors)
}

/// Checks that what is shared is an earlier layer with a label.
fn check_sources(shared: &Shared, index: usize, labels: &[Option<String>], errors: &mut Errors) {
    let sources: Vec<&FieldPath> = match shared {
        Shared::Whole(source) => vec![source],
        Shared::Parts(parts) => parts.iter().map(|part| &part.source).collect(),
    };
    for source in sources {
        let name = field_path::name(&source.first);
        if let Member::Unnamed(_) = source.first {
            let text = format!(
                "layers are shared by label, not by index; give layer {name} one: `name: ..`"
            );
            errors.on(&source.first, text);
            continue;
        }
        let at = labels.iter().position(|label| label.as_ref() == Some(&name));
        match at {
            Some(at) if at < index => {}
            Some(at) if at == index => {
                errors.on(&source.first, format!("`{name}` cannot share its own parameters"));
            }
            Some(_) => {
                errors.on(
                    &source.first,
                    format!(
                        "`{name}` comes after this layer; a source comes before what shares it"
                    ),
                );
            }
            None => errors.on(&source.first, no_label(&name, labels)),
        }
    }
}

fn no_label(name: &str, labels: &[Option<String>]) -> String {
    let labels: Vec<&str> = labels.iter().flatten().map(String::as_str).collect();
    match (suggest::nearest(name, labels.iter().copied()), labels.is_empty()) {
        (Some(near), _) => format!("no label `{name}`; did you mean `{near}`?"),
        (None, false) => format!("no label `{name}`; there is {}", suggest::list(&labels)),
        (None, true) => {
            format!(
                "no label `{name}`; write one before the layer to share: `{name}: Dense::new(10)`"
            )
        }
    }
}

fn step(entry: Entry, shared: Option<Option<Shared>>, errors: &mut Errors) -> Step {
    let Entry { label, layer, .. } = entry;
    let (layer, count) = match layer {
        Layer::Repeated(layer, count) => (*layer, Some(count)),
        layer => (layer, None),
    };
    let span = parse::span(&layer);
    let layer = match (layer, shared) {
        (Layer::Expression(layer), None | Some(None)) => Made::Expression(layer),
        (Layer::Expression(layer), Some(Some(Shared::Whole(source)))) => {
            Made::Sharing(layer, source)
        }
        (Layer::Expression(layer), Some(Some(Shared::Parts(parts)))) => {
            let parts = parts.into_iter().map(|part| (part.member, part.source));
            Made::SharingParts(layer, parts.collect())
        }
        (Layer::Copy(_), Some(Some(Shared::Whole(source)))) => Made::Copy(source),
        (Layer::Copy(_), Some(Some(Shared::Parts(_)))) => {
            errors
                .at(span, "`_` repeats a whole layer; to share single parameters, write the layer");
            Made::Unknown
        }
        (Layer::Copy(_), Some(None)) | (Layer::Repeated(..), _) => Made::Unknown,
        (Layer::Copy(_), None) => {
            errors
                .at(span, "`_` repeats an earlier layer, which `#[shared(label)]` before it names");
            Made::Unknown
        }
    };
    Step { label, layer, count }
}
