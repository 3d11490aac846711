//! `#[simd]`: a function compiled once for each set of vector instructions.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Error, FnArg, GenericParam, ItemFn, Result, Signature, parse_quote};

/// What a function is compiled for besides what all processors have.
enum Sets {
    /// AVX2.
    Avx2,
    /// AVX2, and AVX-512 for elements of four bytes.
    Avx512,
    /// Both for elements of four bytes; others have one version.
    F32,
}

impl Parse for Sets {
    fn parse(input: ParseStream<'_>) -> Result<Sets> {
        let Some(name) = input.parse::<Option<Ident>>()? else { return Ok(Sets::Avx2) };
        match name.to_string().as_str() {
            "avx512" => Ok(Sets::Avx512),
            "f32" => Ok(Sets::F32),
            _ => Err(Error::new(name.span(), "expected `avx512` or `f32`")),
        }
    }
}

/// The expansion of the attribute on `item`, a function of `gluon-core`.
pub(crate) fn simd(sets: TokenStream, item: TokenStream) -> TokenStream {
    match syn::parse2(sets).and_then(|sets| Ok((sets, syn::parse2(item)?))) {
        Ok((sets, function)) => expand(&sets, function),
        Err(error) => error.into_compile_error(),
    }
}

/// The body becomes a function that is inlined into one for each set; the function itself calls
/// the best that the processor has. The body is generic over `FMA`, too: whether the set it is compiled
/// for has an instruction that multiplies and adds.
fn expand(sets: &Sets, ItemFn { attrs, vis, mut sig, block, .. }: ItemFn) -> TokenStream {
    let mut plain = Signature { ident: format_ident!("__plain"), ..sig.clone() };
    plain.generics.params.push(parse_quote!(const FMA: bool));
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
    let [fused, plainly] = [quote!(true), quote!({ crate::kernel::simd::FMA })]
        .map(|fma| quote!(::<#(#generics,)* #fma>(#(#arguments),*)));
    // What vectors gain on elements of other sizes is not worth the time to compile them.
    let of_four_bytes = quote!(const { size_of::<#element>() == 4 });
    let of_avx512 = (!matches!(sets, Sets::Avx2)).then(|| {
        quote! {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "fma,avx512f,avx512bw,avx512dq,avx512vl")]
            #avx512 {
                __plain #fused
            }

            if #of_four_bytes {
                crate::kernel::simd::return_from!(Avx512, __avx512 #call);
            }
        }
    });
    let mut call_avx2 = quote!(crate::kernel::simd::return_from!(Avx2, __avx2 #call););
    if let Sets::F32 = sets {
        call_avx2 = quote!(if #of_four_bytes { #call_avx2 });
    }
    quote! {
        #(#attrs)*
        #vis #sig {
            #[inline(always)]
            #plain #block

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            #avx2 {
                __plain #fused
            }

            #of_avx512
            #call_avx2
            __plain #plainly
        }
    }
}
