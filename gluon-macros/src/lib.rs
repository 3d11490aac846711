//! The derive and macros of gluon.

mod block;
mod errors;
#[cfg(test)]
mod expansions;
mod field_path;
mod paths;
mod sequential;
mod suggest;
mod tie;

use proc_macro::TokenStream;

/// Turns a struct or enum into a block.
#[proc_macro_derive(Block, attributes(block, new, shared))]
pub fn derive_block(input: TokenStream) -> TokenStream {
    block::derive(input.into()).into()
}

/// `sequential!` of the crate whose path stands first, in brackets.
#[doc(hidden)]
#[proc_macro]
pub fn sequential_in(input: TokenStream) -> TokenStream {
    sequential::sequential(input.into()).into()
}
