//! `#[simd]`: a function compiled once for each set of vector instructions.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{FnArg, GenericParam, ItemFn, Signature, parse_quote};

/// The expansion of the attribute on `item`, a function of `gluon-core`.
pub(crate) fn simd(item: TokenStream) -> TokenStream {
    match syn::parse2(item) {
        Ok(function) => expand(function),
        Err(error) => error.into_compile_error(),
    }
}

/// The body becomes a function that is inlined into one for each set; the function itself calls
/// the best that the processor has.
fn expand(ItemFn { attrs, vis, mut sig, block, .. }: ItemFn) -> TokenStream {
    let plain = Signature { ident: format_ident!("__plain"), ..sig.clone() };
    // Patterns of arguments are the body's; the other functions pass on what they match.
    let mut arguments: Vec<Ident> = Vec::new();
    for input in &mut sig.inputs {
        if let FnArg::Typed(input) = input {
            let argument = format_ident!("__{}", arguments.len());
            *input.pat = parse_quote!(#argument);
            arguments.push(argument);
        }
    }
    let generics: Vec<&Ident> = sig
        .generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(&parameter.ident),
            GenericParam::Const(parameter) => Some(&parameter.ident),
            GenericParam::Lifetime(_) => None,
        })
        .collect();
    let element = generics.first();
    let avx2 = Signature { ident: format_ident!("__avx2"), ..sig.clone() };
    let avx512 = Signature { ident: format_ident!("__avx512"), ..sig.clone() };
    quote! {
        #(#attrs)*
        #vis #sig {
            #[inline(always)]
            #plain #block

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2")]
            #avx2 {
                __plain::<#(#generics),*>(#(#arguments),*)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
            #avx512 {
                __plain::<#(#generics),*>(#(#arguments),*)
            }

            crate::kernel::simd::dispatch!(
                #element,
                (__avx512::<#(#generics),*>, __avx2::<#(#generics),*>, __plain::<#(#generics),*>)
                (#(#arguments),*)
            )
        }
    }
}
