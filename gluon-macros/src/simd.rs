//! `#[simd]`: a function compiled once for each set of vector instructions.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{FnArg, GenericParam, ItemFn, Signature, parse_quote};

mod set {
    syn::custom_keyword!(avx512);
}

/// The expansion of the attribute on `item`, a function of `gluon-core`; `more` names the set that it
/// is compiled for besides those of every kernel.
pub(crate) fn simd(more: TokenStream, item: TokenStream) -> TokenStream {
    let more = if more.is_empty() { Ok(None) } else { syn::parse2::<set::avx512>(more).map(Some) };
    match more.and_then(|more| Ok((more, syn::parse2(item)?))) {
        Ok((more, function)) => expand(more.is_some(), function),
        Err(error) => error.into_compile_error(),
    }
}

/// The body becomes a function that is inlined into one for each set; the function itself calls
/// the best that the processor has.
fn expand(has_avx512: bool, ItemFn { attrs, vis, mut sig, block, .. }: ItemFn) -> TokenStream {
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
    let call = quote!(::<#(#generics),*>(#(#arguments),*));
    let of_avx512 = has_avx512.then(|| {
        quote! {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
            #avx512 {
                __plain #call
            }

            // What AVX-512 gains on elements of other sizes is not worth the time to compile it.
            if const { size_of::<#element>() == 4 } {
                crate::kernel::simd::return_from!(Avx512, __avx512 #call);
            }
        }
    });
    quote! {
        #(#attrs)*
        #vis #sig {
            #[inline(always)]
            #plain #block

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2")]
            #avx2 {
                __plain #call
            }

            #of_avx512
            crate::kernel::simd::return_from!(Avx2, __avx2 #call);
            __plain #call
        }
    }
}
