//! Entries: what stands between the commas of an attribute.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned;

/// Tokens between commas.
pub(crate) struct Entry {
    pub(crate) tokens: Vec<TokenTree>,
    /// Where something missing at the end is reported.
    pub(crate) end: Span,
}

/// The entries of a list, which may end in a comma.
pub(crate) fn split(tokens: TokenStream) -> Vec<Entry> {
    let whole = tokens.span();
    let mut entries = vec![Entry { tokens: Vec::new(), end: whole }];
    for token in tokens {
        let last = entries.last_mut();
        match (&token, last) {
            (TokenTree::Punct(comma), Some(last)) if comma.as_char() == ',' => {
                last.end = comma.span();
                entries.push(Entry { tokens: Vec::new(), end: comma.span() });
            }
            (_, Some(last)) => last.tokens.push(token),
            (_, None) => {}
        }
    }
    if entries.len() > 1 && entries.last().is_some_and(|entry| entry.tokens.is_empty()) {
        entries.pop();
    }
    entries
}
