//! The fallback: what a mistaken declaration still gives, so that no error follows on another.

use proc_macro2::TokenStream;
use quote::quote;

use super::super::model::Block;
use super::{constructor, implement, named};

/// Impls with the right signatures and no content.
pub(in super::super) fn fallback(block: &Block) -> TokenStream {
    let (parameter, shared, changed) =
        (block.paths.root("Parameter"), block.paths.block("Walk"), block.paths.block("WalkMut"));
    let lifetime = super::fresh_lifetime(block);
    let member = implement(
        block,
        &block.paths.root("Member"),
        &[],
        quote! {
            fn visit<#lifetime>(&#lifetime self, _: &mut #shared<#lifetime, '_>) {}
            fn visit_mut(&mut self, _: &mut #changed<'_>) {}
            fn rebuild(&self, _: &mut dyn ::core::ops::FnMut(&#parameter) -> #parameter) -> Self {
                loop {}
            }
        },
    );
    let named = named(block);
    let replicate = implement(block, &block.paths.block("Replicate"), &[], TokenStream::new());
    let constructor = constructor::head(block).map(|(name, fields)| {
        let unused = Some(quote!(unused_variables));
        constructor::implement(block, name, fields, quote!(loop {}), unused)
    });
    let forward = block.sequential.map(|_| {
        let (tensor, result) = (block.paths.root("Tensor"), block.paths.root("Result"));
        let body = quote! {
            fn forward(&self, _: &#tensor) -> #result<#tensor> {
                loop {}
            }
        };
        implement(block, &block.paths.root("Forward"), &[], body)
    });
    quote!(#member #named #replicate #constructor #forward)
}
