//! Options: the entries of `#[block(..)]`, each with its place in the source.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::{Attribute, Ident, LitStr, Meta};

use crate::entries::split;
use crate::errors::Errors;
use crate::suggest;

/// Options of a struct or an enum, and how each is written.
const TYPE_OPTIONS: [(&str, &str); 6] = [
    ("sequential", "sequential"),
    ("hint", "hint = \"net\""),
    ("new", "new = build"),
    ("crate", "crate = path::to::gluon"),
    ("bound", "bound = \"T: Layer\""),
    ("describe", "describe = Self::describe"),
];

/// Options of a field, and how each is written.
const FIELD_OPTIONS: [(&str, &str); 2] = [("skip", "skip"), ("name", "name = \"fc1\"")];

/// Where options may stand.
pub(super) struct Place {
    what: &'static str,
    options: &'static [(&'static str, &'static str)],
    other: &'static str,
    others: &'static [(&'static str, &'static str)],
}

pub(super) const TYPE: Place =
    Place { what: "the type", options: &TYPE_OPTIONS, other: "a field", others: &FIELD_OPTIONS };
pub(super) const FIELD: Place =
    Place { what: "a field", options: &FIELD_OPTIONS, other: "the type", others: &TYPE_OPTIONS };

/// One entry of `#[block(..)]`: `skip`, `hint = "net"`.
pub(super) struct BlockOption {
    pub(super) name: Ident,
    pub(super) value: Value,
    /// How it is written.
    form: &'static str,
}

pub(super) enum Value {
    None,
    Equals(Span, TokenStream),
    Parentheses(Span),
}

impl BlockOption {
    pub(super) fn flag(&self, errors: &mut Errors) -> bool {
        match &self.value {
            Value::None => {}
            Value::Equals(span, _) | Value::Parentheses(span) => {
                errors.at(*span, format!("`{}` takes no value", self.name));
            }
        }
        true
    }

    pub(super) fn text(&self, errors: &mut Errors) -> Option<LitStr> {
        self.parse::<LitStr>("a string", errors)
    }

    pub(super) fn parse<T: syn::parse::Parse>(&self, what: &str, errors: &mut Errors) -> Option<T> {
        self.parse_with(T::parse, what, errors)
    }

    pub(super) fn parse_with<T>(
        &self,
        parser: impl Parser<Output = T>,
        what: &str,
        errors: &mut Errors,
    ) -> Option<T> {
        let Self { name, form, .. } = self;
        match &self.value {
            Value::None => errors.on(name, format!("`{name}` needs a value: `{form}`")),
            Value::Parentheses(span) => errors.at(*span, format!("write `{form}`")),
            Value::Equals(span, tokens) if tokens.is_empty() => {
                errors.at(*span, format!("`{name}` needs a value: `{form}`"));
            }
            Value::Equals(_, tokens) => match parser.parse2(tokens.clone()) {
                Ok(value) => return Some(value),
                Err(_) => errors.on(tokens, format!("`{name}` takes {what}: `{form}`")),
            },
        }
        None
    }
}

/// The options in all `#[block(..)]` among `attrs`, each once.
pub(super) fn options_of(
    attrs: &[Attribute],
    place: &Place,
    errors: &mut Errors,
) -> Vec<BlockOption> {
    let mut options: Vec<BlockOption> = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("block")) {
        let tokens = match &attr.meta {
            Meta::List(list) if !list.tokens.is_empty() => list.tokens.clone(),
            Meta::NameValue(pair) => {
                errors.on(pair.eq_token, "options stand in parentheses: `#[block(..)]`");
                continue;
            }
            _ => {
                errors.on(attr, format!("`#[block]` needs an option; {}", offer(place)));
                continue;
            }
        };
        for entry in split(tokens) {
            let Some(option) = read_option(entry.tokens, place, errors) else { continue };
            let name = option.name.unraw();
            if options.iter().any(|known| known.name.unraw() == name) {
                errors.on(&option.name, format!("`{name}` is given twice"));
            } else {
                options.push(option);
            }
        }
    }
    options
}

fn read_option(tokens: Vec<TokenTree>, place: &Place, errors: &mut Errors) -> Option<BlockOption> {
    let mut tokens = tokens.into_iter();
    let name = match tokens.next()? {
        TokenTree::Ident(name) => name,
        other => {
            errors.on(other, format!("expected an option; {}", offer(place)));
            return None;
        }
    };
    let word = name.unraw().to_string();
    let Some((_, form)) = place.options.iter().find(|(known, _)| *known == word) else {
        errors.on(&name, unknown(&word, place));
        return None;
    };
    let value = match tokens.next() {
        None => Value::None,
        Some(TokenTree::Punct(equals)) if equals.as_char() == '=' => {
            Value::Equals(equals.span(), tokens.collect())
        }
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
            Value::Parentheses(group.span())
        }
        Some(other) => {
            errors.on(other, "expected `,` or `=`");
            return None;
        }
    };
    Some(BlockOption { name, value, form })
}

fn unknown(word: &str, place: &Place) -> String {
    let Place { what, other, .. } = place;
    let names =
        |options: &'static [(&'static str, &'static str)]| options.iter().map(|(name, _)| *name);
    if word == "new" || word == "shared" {
        return format!("`{word}` is an attribute of its own: `#[{word}(..)]`");
    }
    if names(place.others).any(|name| name == word) {
        return format!("`{word}` is an option of {other}, not of {what}");
    }
    match suggest::nearest(word, names(place.options)) {
        Some(near) => format!("unknown option `{word}`; did you mean `{near}`?"),
        None => format!("unknown option `{word}`; {}", offer(place)),
    }
}

fn offer(place: &Place) -> String {
    let forms: Vec<&str> = place.options.iter().map(|(_, form)| *form).collect();
    format!("{} takes {}", place.what, suggest::list(&forms))
}
