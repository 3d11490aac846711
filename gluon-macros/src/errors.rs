//! Errors: the mistakes of one item, gathered so that they are shown together.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Errors {
    list: Vec<syn::Error>,
}

impl Errors {
    /// Notes a mistake at `span`.
    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.list.push(syn::Error::new(span, message));
    }

    /// Notes a mistake in `tokens`, all of which are underlined.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.list.push(syn::Error::new_spanned(tokens, message));
    }

    /// Notes a mistake found by a parser.
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.list.push(error);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The mistakes as errors of the compiler, in the order in which they stand in the source.
    pub(crate) fn into_compile_errors(mut self) -> TokenStream {
        self.list.sort_by_key(|error| error.span().start());
        self.list.iter().map(syn::Error::to_compile_error).collect()
    }
}
