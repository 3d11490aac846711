//! `#[derive(Block)]`: parse, check, expand.

mod attr;
mod bounds;
mod expand;
mod expression;
mod model;
mod option;
mod ties;
mod wording;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::errors::Errors;
use model::Block;

/// The expansion of the derive for `input`.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut errors = Errors::default();
    let block = Block::read(input, &mut errors);
    if errors.is_empty() {
        return expand::block(&block);
    }
    let mut tokens = errors.into_compile_errors();
    tokens.extend(expand::fallback(&block));
    tokens
}
