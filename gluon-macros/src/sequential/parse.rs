//! Grammar: entries with attributes, an optional label, and a layer or a repetition of one.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
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
            match entry(input) {
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
                errors.push(input.error("expected `,` after a layer"));
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

fn entry(input: ParseStream<'_>) -> syn::Result<Entry> {
    let attrs = input.call(Attribute::parse_outer)?;
    let label = label(input)?;
    if input.peek(Token![#]) {
        let text = "an attribute stands before the label: `#[shared(a)] b: Dense::new(10)`";
        return Err(input.error(text));
    }
    if input.is_empty() || input.peek(Token![,]) {
        let text = match (&label, attrs.first()) {
            (Some(label), _) => {
                format!("expected a layer after the label: `{label}: Dense::new(10)`")
            }
            (None, Some(_)) => "expected a layer, or `_` to repeat the shared one".to_owned(),
            (None, None) => "expected a layer, such as `Dense::new(10)`".to_owned(),
        };
        return Err(match (&label, attrs.first()) {
            (Some(label), _) => syn::Error::new(label.span(), text),
            (None, Some(attr)) => syn::Error::new_spanned(attr, text),
            (None, None) => input.error(text),
        });
    }
    let expression: Expr = input.parse()?;
    Ok(Entry { attrs, label, layer: layer(expression)? })
}

/// `label:`, if the entry begins so.
fn label(input: ParseStream<'_>) -> syn::Result<Option<Ident>> {
    let colon = input.peek2(Token![:]) && !input.peek2(Token![::]);
    if input.peek(Token![_]) && colon {
        return Err(input.error("a label is a name to share the layer by; leave out `_:`"));
    }
    if !(input.peek(Ident::peek_any) && colon) {
        return Ok(None);
    }
    let label = match input.peek(Ident) {
        true => input.parse::<Ident>()?,
        false => {
            let keyword = input.call(Ident::parse_any)?;
            let text = format!("`{keyword}` is a keyword, and cannot be a label");
            return Err(syn::Error::new(keyword.span(), text));
        }
    };
    input.parse::<Token![:]>()?;
    Ok(Some(label))
}

fn layer(expression: Expr) -> syn::Result<Layer> {
    match expression {
        Expr::Infer(infer) => Ok(Layer::Copy(infer.underscore_token)),
        Expr::Repeat(repeat) => match layer(*repeat.expr)? {
            Layer::Repeated(..) => Err(syn::Error::new(
                repeat.bracket_token.span.join(),
                "a repetition within a repetition; write one with the product of the counts",
            )),
            layer => Ok(Layer::Repeated(Box::new(layer), *repeat.len)),
        },
        Expr::Array(array) => {
            let text = "an array is not a layer; to repeat one, write `[layer; 3]`, and to group \
                        several, `sequential![..]`";
            Err(syn::Error::new(array.bracket_token.span.join(), text))
        }
        expression => Ok(Layer::Expression(expression)),
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
