//! `sequential!`: parse, check, expand.

mod expand;
mod model;
mod parse;

use proc_macro2::{TokenStream, TokenTree};

use crate::errors::Errors;
use crate::paths::Paths;
use model::Model;

/// The expansion for `input`: `[$crate]`, then what stands between the macro's brackets.
pub(crate) fn sequential(input: TokenStream) -> TokenStream {
    let mut tokens = input.into_iter();
    let paths = match tokens.next() {
        Some(TokenTree::Group(root)) => Paths::new(root.stream()),
        _ => Paths::default(),
    };
    let mut errors = Errors::default();
    let entries = parse::entries(tokens.collect(), &mut errors);
    let model = Model::check(entries, &mut errors);
    if errors.is_empty() {
        return expand::sequential(&model, &paths);
    }
    expand::fallback(errors.into_compile_errors(), &model, &paths)
}
