//! Attributes: what `#[block(..)]` says of a type or a field.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, LitStr, Meta, Path, Token, WherePredicate};

use super::option::{FIELD, TYPE, Value, options_of};
use crate::errors::Errors;

/// What `#[block(..)]` on a struct or an enum says.
#[derive(Default)]
pub(crate) struct TypeOptions {
    pub(crate) sequential: Option<Span>,
    pub(crate) hint: Option<String>,
    /// Where `new` is asked for, and the name it is given.
    pub(crate) new: Option<(Span, Option<Ident>)>,
    pub(crate) krate: Option<Path>,
    pub(crate) bound: Option<Vec<WherePredicate>>,
    pub(crate) describe: Option<Path>,
}

impl TypeOptions {
    pub(crate) fn read(attrs: &[Attribute], errors: &mut Errors) -> TypeOptions {
        let mut options = TypeOptions::default();
        for option in options_of(attrs, &TYPE, errors) {
            match option.name.unraw().to_string().as_str() {
                "sequential" if option.flag(errors) => {
                    options.sequential = Some(option.name.span())
                }
                "hint" => {
                    options.hint = option.text(errors).and_then(|hint| check_hint(hint, errors))
                }
                "new" => {
                    let name = match &option.value {
                        Value::None => None,
                        _ => option.parse::<Ident>("a name", errors),
                    };
                    options.new = Some((option.name.span(), name));
                }
                "crate" => {
                    options.krate = option.parse_with(Path::parse_mod_style, "a path", errors)
                }
                "bound" => {
                    options.bound = option.text(errors).and_then(|text| bounds(&text, errors))
                }
                "describe" => {
                    options.describe = option.parse_with(Path::parse_mod_style, "a path", errors);
                }
                _ => {}
            }
        }
        options
    }
}

/// What `#[block(..)]` on a field says.
#[derive(Default)]
pub(crate) struct FieldOptions {
    pub(crate) skip: Option<Span>,
    pub(crate) name: Option<LitStr>,
}

impl FieldOptions {
    pub(crate) fn read(attrs: &[Attribute], errors: &mut Errors) -> FieldOptions {
        let mut options = FieldOptions::default();
        for option in options_of(attrs, &FIELD, errors) {
            match option.name.unraw().to_string().as_str() {
                "skip" if option.flag(errors) => options.skip = Some(option.name.span()),
                "name" => {
                    options.name = option.text(errors).and_then(|name| check_name(name, errors));
                }
                _ => {}
            }
        }
        if let (Some(span), Some(name)) = (options.skip, &options.name) {
            let text = format!(
                "a skipped field is not a member, so it has no name `{}`; remove one of the two",
                name.value()
            );
            errors.at(span, text);
        }
        options
    }
}

/// The lints that `attrs` allow, which generated code should not draw either.
pub(crate) fn allowed(attrs: &[Attribute]) -> Vec<Path> {
    let mut allowed = Vec::new();
    for attr in attrs {
        if attr.path().is_ident("deprecated") {
            allowed.push(attr.path().clone());
        } else if attr.path().is_ident("allow") || attr.path().is_ident("expect") {
            let lints = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            for lint in lints.into_iter().flatten() {
                if let Meta::Path(lint) = lint {
                    allowed.push(lint);
                }
            }
        }
    }
    allowed
}

/// Refuses `#[block]`, `#[new]` and `#[shared]` on a variant of an enum.
pub(crate) fn refuse_on_variant(attrs: &[Attribute], errors: &mut Errors) {
    for attr in attrs {
        for name in ["block", "new", "shared"] {
            if attr.path().is_ident(name) {
                errors.on(attr, "a variant has no options; those of the enum stand above it, those of a field on the field");
            }
        }
    }
}

/// Refuses `#[new(..)]` and `#[shared(..)]` above a struct or an enum.
pub(crate) fn refuse_on_type(attrs: &[Attribute], errors: &mut Errors) {
    for attr in attrs {
        if attr.path().is_ident("new") {
            errors.on(attr, "`#[new(..)]` stands on a field; to name the constructor, write `#[block(new = build)]`");
        } else if attr.path().is_ident("shared") {
            errors.on(attr, "`#[shared(..)]` stands on the field that shares");
        }
    }
}

fn check_hint(hint: LitStr, errors: &mut Errors) -> Option<String> {
    let text = hint.value();
    let plain = |letter: char| letter.is_alphanumeric() || letter == '_';
    if text.is_empty() {
        errors.on(&hint, "a hint cannot be empty: names of parameters begin with it");
    } else if !text.chars().all(plain) {
        errors.on(
            &hint,
            "a hint is made of letters, digits and `_`: names of parameters begin with it",
        );
    } else {
        return Some(text);
    }
    None
}

fn check_name(name: LitStr, errors: &mut Errors) -> Option<LitStr> {
    let text = name.value();
    if text.is_empty() {
        errors.on(&name, "a name cannot be empty");
    } else if text.contains('.') {
        errors.on(&name, "a name has no dot: dots join the names of nested blocks");
    } else if text.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
        errors.on(&name, "a name has no spaces");
    } else {
        return Some(name);
    }
    None
}

fn bounds(text: &LitStr, errors: &mut Errors) -> Option<Vec<WherePredicate>> {
    let parser = Punctuated::<WherePredicate, Token![,]>::parse_terminated;
    match text.parse_with(parser) {
        Ok(predicates) => Some(predicates.into_iter().collect()),
        Err(_) => {
            errors.at(text.span(), "`bound` takes what follows `where`: `bound = \"T: Layer\"`");
            None
        }
    }
}
