//! Grammar: entries with attributes, an optional label, and a layer or a repetition of one.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Expr, Ident, Token};

use crate::errors::Errors;

/// One entry as it is written.
pub(super) struct Entry {
    pub(super) attrs: Vec<Attribute>,
    pub(super) label: Option<Ident>,
    pub(super) layer: Layer,
}

pub(super) enum Layer {
    /// An expression.
    Expression(Expr),
    /// `_`: a copy of what is shared.
    Copy(Token![_]),
    /// `[layer; count]`
    Repeated(Box<Layer>, Expr),
}

/// The entries between the macro's brackets; those that cannot be read are noted in `errors`.
pub(super) fn entries(tokens: TokenStream, errors: &mut Errors) -> Vec<Entry> {
    let mut entries = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            match entry(input, errors) {
                Ok(entry) => entries.push(entry),
                Err(error) => {
                    errors.push(error);
                    skip_entry(input)?;
                    continue;
                }
            }
            if input.is_empty() {
                break;
            }
            if !input.peek(Token![,]) {
                errors.push(input.error(if input.peek(Token![;]) {
                    "expected `,` after a layer; a repetition has brackets of its own: \
                     `[Dense::new(8); 3]`"
                } else {
                    "expected `,` after a layer"
                }));
                skip_entry(input)?;
                continue;
            }
            input.parse::<Token![,]>()?;
        }
        Ok(())
    };
    if let Err(error) = parser.parse2(tokens) {
        errors.push(error);
    }
    entries
}

fn entry(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Entry> {
    let mut attrs = input.call(Attribute::parse_outer)?;
    let label = label(input, errors)?;
    for late in input.call(Attribute::parse_outer)? {
        errors.on(&late, "an attribute stands before the label: `#[shared(a)] b: Dense::new(10)`");
        attrs.push(late);
    }
    if input.is_empty() || input.peek(Token![,]) {
        return Err(match (&label, attrs.first()) {
            (Some(label), _) => {
                let text = format!("expected a layer after the label: `{label}: Dense::new(10)`");
                syn::Error::new(label.span(), text)
            }
            (None, Some(attr)) => {
                let text = "expected a layer, or `_` to repeat the shared one";
                syn::Error::new_spanned(attr, text)
            }
            (None, None) => input.error("expected a layer, such as `Dense::new(10)`"),
        });
    }
    let expression: Expr = input.parse()?;
    Ok(Entry { attrs, label, layer: layer(expression, errors) })
}

/// `label:`, if the entry begins so, or as Python and maps would have it.
fn label(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<Ident>> {
    let colon = input.peek2(Token![:]) && !input.peek2(Token![::]);
    let equals = input.peek2(Token![=]) && !input.peek2(Token![==]);
    if !colon && !equals {
        return Ok(None);
    }
    let label = match input.parse::<TokenTree>()? {
        TokenTree::Ident(ident) if ident == "_" => {
            errors.at(ident.span(), "a label is a name to share the layer by; leave out `_:`");
            None
        }
        TokenTree::Ident(ident) if syn::parse_str::<Ident>(&ident.to_string()).is_err() => {
            errors.at(ident.span(), format!("`{ident}` is a keyword, and cannot be a label"));
            None
        }
        TokenTree::Ident(ident) => Some(ident),
        other => {
            errors.on(other, "a label is a name, such as `hidden`");
            None
        }
    };
    if equals {
        errors.push(input.error("a label is followed by `:`: `hidden: Dense::new(10)`"));
        if input.parse::<Option<Token![=>]>>()?.is_none() {
            input.parse::<Token![=]>()?;
        }
    } else {
        input.parse::<Token![:]>()?;
    }
    Ok(label)
}

fn layer(expression: Expr, errors: &mut Errors) -> Layer {
    match expression {
        Expr::Infer(infer) => Layer::Copy(infer.underscore_token),
        Expr::Repeat(repeat) => match layer(*repeat.expr, errors) {
            Layer::Repeated(layer, count) => {
                errors.at(
                    repeat.bracket_token.span.join(),
                    "a repetition within a repetition; write one with the product of the counts",
                );
                Layer::Repeated(layer, count)
            }
            layer => Layer::Repeated(Box::new(layer), *repeat.len),
        },
        Expr::Array(array) => {
            errors.at(
                array.bracket_token.span.join(),
                "an array is not a layer; to repeat one, write `[layer; 3]`, and to group \
                 several, `sequential![..]`",
            );
            Layer::Expression(Expr::Array(array))
        }
        expression => Layer::Expression(expression),
    }
}

/// Goes on after the next comma.
fn skip_entry(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() {
        if input.peek(Token![,]) {
            return input.parse::<Token![,]>().map(drop);
        }
        TokenTree::parse(input)?;
    }
    Ok(())
}

/// Where a layer begins.
pub(super) fn span(layer: &Layer) -> Span {
    use syn::spanned::Spanned;
    match layer {
        Layer::Expression(expression) => expression.span(),
        Layer::Copy(underscore) => underscore.span(),
        Layer::Repeated(layer, _) => span(layer),
    }
}
