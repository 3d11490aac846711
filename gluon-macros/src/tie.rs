//! Ties: what `#[shared(..)]` says, on a field or on an entry of `sequential!`.

use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::{Attribute, Meta};

use crate::entries::{Entry, split};
use crate::errors::Errors;
use crate::field_path::FieldPath;

/// What `#[shared(..)]` shares.
pub(crate) enum Shared {
    /// `#[shared(hidden)]`: all of the source.
    Whole(FieldPath),
    /// `#[shared(weight = embed.weight)]`: single members, each with its source.
    Parts(Vec<Part>),
}

/// `weight = embed.weight`.
pub(crate) struct Part {
    /// What is tied, a path in the field.
    pub(crate) member: FieldPath,
    pub(crate) source: FieldPath,
}

const FORMS: &str = "`#[shared(hidden)]`, or `#[shared(weight = embed.weight)]` for one parameter";

/// The meaning of the `#[shared(..)]` among `attrs`, if there is one.
///
/// `None` in the outer option means that there is none, in the inner that it is mistaken.
pub(crate) fn find(attrs: &[Attribute], errors: &mut Errors) -> Option<Option<Shared>> {
    let mut all = attrs.iter().filter(|attr| attr.path().is_ident("shared"));
    let first = all.next()?;
    let shared = read(first, errors);
    for again in all {
        let message = match shared {
            Some(Shared::Parts(_)) => {
                "`#[shared]` is given twice; name all in one: \
                 `#[shared(weight = a.weight, bias = a.bias)]`"
            }
            _ => "`#[shared]` is given twice; a field has one source",
        };
        errors.on(again, message);
    }
    Some(shared)
}

fn read(attr: &Attribute, errors: &mut Errors) -> Option<Shared> {
    let tokens = match &attr.meta {
        Meta::List(list) if !list.tokens.is_empty() => list.tokens.clone(),
        Meta::NameValue(pair) => {
            let value = pair.value.to_token_stream().to_string().replace([' ', '"'], "");
            errors
                .on(&attr.meta, format!("the source stands in parentheses: `#[shared({value})]`"));
            return None;
        }
        _ => {
            errors.on(attr, format!("`#[shared]` needs a source: {FORMS}"));
            return None;
        }
    };
    let entries = split(tokens);
    let mut wholes = Vec::new();
    let mut parts = Vec::new();
    let mut mistaken = false;
    for Entry { tokens, end } in &entries {
        let equals = tokens.iter().position(is_equals);
        match equals {
            None => match FieldPath::parse(tokens, *end, errors) {
                Some(path) => wholes.push(path),
                None => mistaken = true,
            },
            Some(at) => {
                let member = FieldPath::parse(&tokens[..at], tokens[at].span(), errors);
                let source = FieldPath::parse(&tokens[at + 1..], tokens[at].span(), errors);
                match member.zip(source) {
                    Some((member, source)) => parts.push(Part { member, source }),
                    None => mistaken = true,
                }
            }
        }
    }
    if let (Some(path), false) = (wholes.first(), parts.is_empty()) {
        errors.on(
            path,
            format!("`{path}` would share every parameter, and single ones are named beside it; keep one of the two"),
        );
        mistaken = true;
    } else if let Some(second) = wholes.get(1) {
        errors.on(
            second,
            "a field has one source; to share from several, name parameters: \
             `weight = a.weight, bias = b.bias`",
        );
        mistaken = true;
    }
    for (index, part) in parts.iter().enumerate() {
        let path = part.member.to_string();
        let earlier = parts[..index].iter().map(|other| other.member.to_string());
        for other in earlier {
            if other == path {
                errors.on(&part.member, format!("`{path}` is tied twice; it has one source"));
                mistaken = true;
            } else if inside(&other, &path) || inside(&path, &other) {
                let text =
                    format!("`{path}` and `{other}` overlap; tie the outer or the inner one");
                errors.on(&part.member, text);
                mistaken = true;
            }
        }
    }
    match (mistaken, wholes.into_iter().next()) {
        (true, _) => None,
        (false, Some(path)) => Some(Shared::Whole(path)),
        (false, None) => Some(Shared::Parts(parts)),
    }
}

/// Whether `inner` is a path below `outer`.
fn inside(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'))
}

fn is_equals(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == '=')
}
