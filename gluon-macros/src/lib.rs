//! The derive and macros of gluon.

use proc_macro::TokenStream;

/// Turns a struct or enum into a block.
#[proc_macro_derive(Block, attributes(block, new, shared))]
pub fn derive_block(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// Builds a `Sequential`.
#[proc_macro]
pub fn sequential(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}
