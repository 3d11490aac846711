//! Field paths: `embed`, `0`, `encoder.embed.weight`.

use std::fmt::{self, Display};

use proc_macro2::{Delimiter, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Ident, Index, Member};

use crate::errors::Errors;

/// A path through fields, of at least one segment.
#[derive(Clone)]
pub(crate) struct FieldPath {
    pub(crate) first: Member,
    pub(crate) rest: Vec<Member>,
}

impl FieldPath {
    /// The path's field in `base`: `self.encoder.embed`.
    pub(crate) fn of(&self, base: &TokenStream) -> TokenStream {
        let (first, rest) = (&self.first, &self.rest);
        quote!(#base.#first #(.#rest)*)
    }

    /// The path with `base`, a local variable, for its first segment.
    pub(crate) fn rooted_at(&self, base: &Ident) -> TokenStream {
        let rest = &self.rest;
        quote!(#base #(.#rest)*)
    }

    /// Reads the tokens of one path, or notes what is wrong with them.
    ///
    /// `end` is where a missing path is reported.
    pub(crate) fn parse(tokens: &[TokenTree], end: Span, errors: &mut Errors) -> Option<FieldPath> {
        let mut segments = Vec::new();
        let mut rest = strip_self(strip_reference(tokens, errors)?, errors)?;
        loop {
            let (token, tail) = match rest.split_first() {
                Some(split) => split,
                None => {
                    errors.at(end, "expected the name of a field, such as `hidden`");
                    return None;
                }
            };
            read_segments(token, &mut segments, errors)?;
            match tail.split_first() {
                None => break,
                Some((TokenTree::Punct(dot), after)) if dot.as_char() == '.' => {
                    if after.is_empty() {
                        errors.at(dot.span(), "expected the name of a field after `.`");
                        return None;
                    }
                    rest = after;
                }
                Some((other, after)) => {
                    errors.on(other, after_segment(token, other, after));
                    return None;
                }
            }
        }
        let mut segments = segments.into_iter();
        let first = segments.next()?;
        Some(FieldPath { first, rest: segments.collect() })
    }
}

/// What is wrong with `other` after the segment `token` of a path.
fn after_segment(token: &TokenTree, other: &TokenTree, after: &[TokenTree]) -> String {
    match other {
        TokenTree::Group(group) => match (group.delimiter(), token.to_string().as_str()) {
            (Delimiter::Parenthesis, "t" | "T" | "transpose" | "transposed") => {
                "a transposed tie is not supported; keep one `Parameter` and transpose it in \
                 `forward`"
                    .to_owned()
            }
            (Delimiter::Parenthesis, "clone" | "share") => {
                format!("the field itself is shared: leave out `.{token}()`")
            }
            (Delimiter::Parenthesis, name) => {
                format!(
                    "`{name}(..)` is a call; what is shared is named as a field or a path of fields"
                )
            }
            (Delimiter::Bracket, name) => format!(
                "an element of `{name}` cannot be shared on its own; make it a field, or share all of `{name}`"
            ),
            _ => "expected `.` and the name of a field".to_owned(),
        },
        TokenTree::Punct(punct) if punct.as_char() == ':' => {
            "a path through fields is joined by `.`".to_owned()
        }
        TokenTree::Punct(punct) if "&|+".contains(punct.as_char()) && !after.is_empty() => {
            "one source at a time: parameters of several are named one by one, \
             `weight = a.weight, bias = b.bias`"
                .to_owned()
        }
        _ => "expected `.` and the name of a field, or `,`".to_owned(),
    }
}

/// Refuses `&hidden`, which borrows where a name is wanted.
fn strip_reference<'a>(tokens: &'a [TokenTree], errors: &mut Errors) -> Option<&'a [TokenTree]> {
    match tokens.split_first() {
        Some((TokenTree::Punct(punct), rest)) if punct.as_char() == '&' => {
            let name: TokenStream = rest.iter().cloned().collect();
            errors
                .at(punct.span(), format!("the field is named, not borrowed: `{}`", spell(&name)));
            None
        }
        _ => Some(tokens),
    }
}

/// Refuses `self.hidden`: paths begin at the struct's own fields.
fn strip_self<'a>(tokens: &'a [TokenTree], errors: &mut Errors) -> Option<&'a [TokenTree]> {
    match tokens {
        [TokenTree::Ident(word), TokenTree::Punct(dot), rest @ ..]
            if word == "self" && dot.as_char() == '.' =>
        {
            let name: TokenStream = rest.iter().cloned().collect();
            errors.at(word.span(), format!("fields are named without `self`: `{}`", spell(&name)));
            None
        }
        _ => Some(tokens),
    }
}

fn spell(tokens: &TokenStream) -> String {
    tokens.to_string().replace(' ', "")
}

/// Appends the segment that `token` is, or the two of `0.1`, which is one token.
fn read_segments(token: &TokenTree, segments: &mut Vec<Member>, errors: &mut Errors) -> Option<()> {
    match token {
        TokenTree::Ident(name) => segments.push(Member::Named(name.clone())),
        TokenTree::Literal(literal) => match indices(literal) {
            Some(indices) => segments.extend(indices.into_iter().map(Member::Unnamed)),
            None => {
                let text = literal.to_string();
                errors.on(
                    literal,
                    match text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) {
                        Some(name) => format!("a field is named without quotes: `{name}`"),
                        None => format!("expected the name of a field, found `{text}`"),
                    },
                );
                return None;
            }
        },
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            for token in group.stream() {
                if !matches!(&token, TokenTree::Punct(dot) if dot.as_char() == '.') {
                    read_segments(&token, segments, errors)?;
                }
            }
        }
        other => {
            errors.on(other, format!("expected the name of a field, found `{}`", start(other)));
            return None;
        }
    }
    Some(())
}

fn start(token: &TokenTree) -> String {
    match token {
        TokenTree::Group(group) => match group.delimiter() {
            Delimiter::Parenthesis => "(".to_owned(),
            Delimiter::Brace => "{".to_owned(),
            Delimiter::Bracket => "[".to_owned(),
            Delimiter::None => group.to_string(),
        },
        other => other.to_string(),
    }
}

/// The tuple indices in `0` or `0.1`.
fn indices(literal: &Literal) -> Option<Vec<Index>> {
    let text = literal.to_string();
    text.split('.')
        .map(|digits| {
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let index = digits.parse().ok().filter(|_| plain)?;
            Some(Index { index, span: literal.span() })
        })
        .collect()
}

impl Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&name(&self.first))?;
        self.rest.iter().try_for_each(|segment| write!(f, ".{}", name(segment)))
    }
}

impl ToTokens for FieldPath {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let (first, rest) = (&self.first, &self.rest);
        tokens.extend(quote!(#first #(.#rest)*));
    }
}

/// A field as names and messages show it: without `r#`.
pub(crate) fn name(member: &Member) -> String {
    match member {
        Member::Named(ident) => ident.unraw().to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    }
}
