//! Expansion: a list of boxed layers, filled in order.
//!
//! Layers with a label stay what they are, as local variables, so that later ones can share their
//! parameters and speak of them; what stands between two of them is boxed at once.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use super::model::{Made, Model, Step};
use crate::field_path::FieldPath;
use crate::paths::Paths;

/// The expression that builds `model`.
pub(super) fn sequential(model: &Model, paths: &Paths) -> TokenStream {
    let layers = local("layers");
    let list = paths.block("Layers");
    let mut made = TokenStream::new();
    let mut added = TokenStream::new();
    let mut run = layers.clone();
    for (index, step) in model.steps.iter().enumerate() {
        match &step.label {
            None => made.extend(push(step, &run, paths)),
            Some(label) => {
                let value = value(&step.layer, paths);
                let boxed = boxed(quote!(#label), paths);
                run = local(&format!("after_{index}"));
                made.extend(quote!(let #label = #value; let mut #run = #list::new();));
                added.extend(quote!(#layers.push(#boxed); #layers.append(&mut #run);));
            }
        }
    }
    let sequential = paths.nn("Sequential");
    quote! {{
        let mut #layers = #list::new();
        #made
        #added
        #sequential::from(#layers)
    }}
}

/// What stands for a mistaken `sequential!`.
///
/// The layers that could be read are still there, so that what they use counts as used.
pub(super) fn fallback(errors: TokenStream, model: &Model, paths: &Paths) -> TokenStream {
    let sequential = paths.nn("Sequential");
    let read = model.steps.iter().map(|step| match (&step.layer, &step.label) {
        (
            Made::Expression(layer) | Made::Sharing(layer, _) | Made::SharingParts(layer, _),
            Some(label),
        ) => {
            quote!(let #label = #layer;)
        }
        (
            Made::Expression(layer) | Made::Sharing(layer, _) | Made::SharingParts(layer, _),
            None,
        ) => {
            quote!(let _ = #layer;)
        }
        (Made::Copy(_) | Made::Unknown, _) => TokenStream::new(),
    });
    quote! {{
        #errors
        #[allow(unused_variables)]
        if false { #(#read)* }
        #sequential::new()
    }}
}

/// Adds a layer without a label to the list in the variable `run`.
fn push(step: &Step, run: &Ident, paths: &Paths) -> TokenStream {
    let boxed = boxed(value(&step.layer, paths), paths);
    match &step.count {
        None => quote!(#run.push(#boxed);),
        Some(count) => {
            let copies = local("copies");
            quote! {
                let #copies: usize = #count;
                for _ in 0..#copies {
                    #run.push(#boxed);
                }
            }
        }
    }
}

fn boxed(layer: TokenStream, paths: &Paths) -> TokenStream {
    let into = paths.block("IntoLayer");
    quote!(#into::into_layer(#layer))
}

/// The layer itself.
fn value(layer: &Made, paths: &Paths) -> TokenStream {
    match layer {
        Made::Expression(layer) => quote!(#layer),
        Made::Copy(source) => {
            let span = source.first.span();
            let source = shared(source, paths);
            let copied = paths.block_at("CopiedAs", span);
            let replicate = paths.block_at("Replicate", span);
            quote_spanned!(span=> #copied::tied(#replicate::original(#source)))
        }
        Made::Unknown => TokenStream::new(),
        Made::Sharing(layer, source) => tied(layer, &[(None, source)], paths),
        Made::SharingParts(layer, parts) => {
            let ties: Vec<_> =
                parts.iter().map(|(member, source)| (Some(member), source)).collect();
            tied(layer, &ties, paths)
        }
    }
}

/// A block that makes `layer`, ties it or members of it, and yields it.
fn tied(layer: &Expr, ties: &[(Option<&FieldPath>, &FieldPath)], paths: &Paths) -> TokenStream {
    let place = layer.span();
    let tied = Ident::new("tied", Span::mixed_site().located_at(place));
    let ties = ties.iter().map(|(member, source)| {
        let span = source.first.span();
        let (with, source) = (paths.block_at("SharedWith", span), shared(source, paths));
        let member = member.map(|member| quote!(.#member));
        quote_spanned!(span=> #with::tie(#source, &mut #tied #member);)
    });
    quote_spanned!(place=> { let mut #tied = #layer; #(#ties)* #tied })
}

/// A source, which must have parameters to share.
fn shared(source: &FieldPath, paths: &Paths) -> TokenStream {
    let span = source.first.span();
    let shareable = paths.block_at("Shareable", span);
    quote_spanned!(span=> #shareable::source(&#source))
}

/// A variable that no code of the user's can see.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
