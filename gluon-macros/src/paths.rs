//! Paths: the only place that spells where generated code finds things.
//!
//! All of them are public and readable, because the compiler prints them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// Where `gluon` is, seen from the user's code.
#[derive(Clone)]
pub(crate) struct Paths {
    root: TokenStream,
}

impl Default for Paths {
    fn default() -> Paths {
        Paths { root: quote!(::gluon) }
    }
}

impl Paths {
    /// Everything below `root`, which is what `#[block(crate = ..)]` or `$crate` says.
    pub(crate) fn new(root: TokenStream) -> Paths {
        Paths { root }
    }

    /// An item of the crate's root: `Member`, `Tensor`.
    pub(crate) fn root(&self, item: &str) -> TokenStream {
        let (root, item) = (&self.root, ident(item));
        quote!(#root::#item)
    }

    /// An item of the module `block`: `Walk`, `declare`.
    pub(crate) fn block(&self, item: &str) -> TokenStream {
        let (root, item) = (&self.root, ident(item));
        quote!(#root::block::#item)
    }

    /// An item of the module `block`, reported at `span`.
    pub(crate) fn block_at(&self, item: &str, span: Span) -> TokenStream {
        let mut path = TokenStream::new();
        for mut token in self.block(item) {
            // `$crate` is found by its own span only.
            if token.to_string() != "$crate" {
                token.set_span(span);
            }
            path.extend([token]);
        }
        path
    }

    /// An item of the module `nn`: `Sequential`.
    pub(crate) fn nn(&self, item: &str) -> TokenStream {
        let (root, item) = (&self.root, ident(item));
        quote!(#root::nn::#item)
    }

    /// A trait of the module `block::advice`.
    pub(crate) fn advice(&self, item: &str) -> TokenStream {
        let (root, item) = (&self.root, ident(item));
        quote!(#root::block::advice::#item)
    }
}

fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}
