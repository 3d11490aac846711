//! The derive and macros of gluon.

mod block;
mod errors;
mod field_path;
mod paths;
mod suggest;
mod tie;

use proc_macro::TokenStream;

/// Turns a struct or enum into a block.
#[proc_macro_derive(Block, attributes(block, new, shared))]
pub fn derive_block(input: TokenStream) -> TokenStream {
    block::derive(input.into()).into()
}

/// Builds a `Sequential`.
#[proc_macro]
pub fn sequential(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}
