//! Expansion: a list of boxed layers, filled in order.
//!
//! Layers with a label stay what they are, as local variables, so that later ones can share their
//! parameters and speak of them; what stands between two of them is boxed at once.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::model::{Made, Model, Step};
use crate::field_path::{self, FieldPath};
use crate::paths::Paths;

/// The expression that builds `model`.
pub(super) fn sequential(model: &Model, paths: &Paths) -> TokenStream {
    let layers = local("layers");
    let list = paths.nn("Layers");
    let mut made = TokenStream::new();
    let mut added = TokenStream::new();
    let mut run = layers.clone();
    for (index, step) in model.steps.iter().enumerate() {
        let Some(label) = &step.label else {
            made.extend(push(step, &run, paths));
            continue;
        };
        let name = label.unraw().to_string();
        let tie = |source: &str, members: TokenStream| quote!(#layers.tie_label(#name, #source, #members););
        let make = make(&step.layer, label, &tie, paths);
        let boxed = boxed(quote!(#label), paths);
        run = local(&format!("after_{index}"));
        made.extend(quote!(#make let mut #run = #list::new();));
        added.extend(quote!(#layers.label(#name, #boxed); #layers.append(#run);));
    }
    quote! {{
        let mut #layers = #list::new();
        #made
        #added
        #layers.into_sequential()
    }}
}

/// What stands for a mistaken `sequential!`.
///
/// The layers that could be read are still there, so that what they use counts as used.
pub(super) fn fallback(errors: TokenStream, model: &Model, paths: &Paths) -> TokenStream {
    let sequential = paths.nn("Sequential");
    let read = model.steps.iter().map(|step| {
        let label = step.label.as_ref().map_or_else(|| quote!(_), |label| quote!(#label));
        match &step.layer {
            Made::Expression(layer) | Made::Sharing(layer, _) | Made::SharingParts(layer, _) => {
                quote!(let #label = #layer;)
            }
            Made::Copy(_) | Made::Unknown => TokenStream::new(),
        }
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
    let push = match &step.layer {
        Made::Expression(layer) => {
            let boxed = boxed(quote!(#layer), paths);
            quote!(#run.push(#boxed);)
        }
        made => {
            let layer = local("layer");
            let tie = |source: &str, members: TokenStream| quote!(#run.tie(#source, #members););
            let make = make(made, &layer, &tie, paths);
            let boxed = boxed(quote!(#layer), paths);
            quote!(#make #run.push(#boxed);)
        }
    };
    match &step.count {
        None => push,
        Some(count) => {
            let copies = local("copies");
            quote! {
                let #copies: ::core::primitive::usize = #count;
                for _ in 0..#copies {
                    #push
                }
            }
        }
    }
}

fn boxed(layer: TokenStream, paths: &Paths) -> TokenStream {
    let into = paths.block("IntoLayer");
    quote!(#into::into_layer(#layer))
}

/// The declaration of a tie to the layer of the given label.
type Declare<'d> = &'d dyn Fn(&str, TokenStream) -> TokenStream;

/// Makes a layer in the variable `layer`, and declares its ties.
fn make(made: &Made, layer: &Ident, declare: Declare<'_>, paths: &Paths) -> TokenStream {
    match made {
        Made::Expression(expression) => quote!(let #layer = #expression;),
        Made::Unknown => TokenStream::new(),
        Made::Copy(source) => {
            let span = source.first.span();
            let place = Ident::new("source", span);
            let bring = bring(&["CopiedAs", "Replicate"], span, paths);
            let copy = quote_spanned! {span=>
                { #bring CopiedAs::tied(Replicate::original(#place)) }
            };
            let copy = from_source(source, copy, paths);
            let declared = declare(&label(source), whole(layer, source, paths));
            quote!(let #layer = #copy; #declared)
        }
        Made::Sharing(expression, source) => {
            let tie = tie(quote!(#layer), source, paths);
            let declared = declare(&label(source), whole(layer, source, paths));
            quote!(let mut #layer = #expression; #tie #declared)
        }
        Made::SharingParts(expression, parts) => {
            let ties = parts.iter().map(|(member, source)| {
                let tie = tie(quote!(#layer.#member), source, paths);
                let (list, first) = (paths.nn("Members"), &source.first);
                let members = quote!(#list::of(&#layer, &#layer.#member, &#first, &#source));
                let declared = declare(&label(source), members);
                quote!(#tie #declared)
            });
            quote!(let mut #layer = #expression; #(#ties)*)
        }
    }
}

/// Makes `tied` share the parameters of `source`.
fn tie(tied: TokenStream, source: &FieldPath, paths: &Paths) -> TokenStream {
    let span = source.first.span();
    let place = Ident::new("source", span);
    let bring = bring(&["SharedWith"], span, paths);
    let tie = quote_spanned!(span=> { #bring SharedWith::tie(#place, &mut #tied) });
    let tie = from_source(source, tie, paths);
    quote!(#tie;)
}

/// Imports of traits that are then spoken of at `span`: a path cannot be, as it begins with
/// `$crate`, which has its own place.
fn bring(traits: &[&str], span: Span, paths: &Paths) -> TokenStream {
    traits
        .iter()
        .map(|name| {
            let path = paths.block_at(name, span);
            quote!(use #path;)
        })
        .collect()
}

/// `then` with a variable `source`, which is a member that has parameters to share.
///
/// The variable stands where the source is named, so that this is what errors point at.
fn from_source(source: &FieldPath, then: TokenStream, paths: &Paths) -> TokenStream {
    let place = Ident::new("source", source.first.span());
    let shareable = paths.block("Shareable");
    let (source_of, not_a_member) = (paths.block("Source"), paths.block("NotAMember"));
    let member = quote! {{
        use #not_a_member as _;
        #source_of(&#source).member()
    }};
    quote!(match #shareable::source(#member) { #place => #then })
}

/// What is shared: everything, between a layer and its source; between a layer and a member of
/// its source, that member's parameters.
fn whole(layer: &Ident, source: &FieldPath, paths: &Paths) -> TokenStream {
    let (members, first) = (paths.nn("Members"), &source.first);
    match source.rest.is_empty() {
        true => quote!(#members::all()),
        false => quote!(#members::of(&#layer, &#layer, &#first, &#source)),
    }
}

fn label(source: &FieldPath) -> String {
    field_path::name(&source.first)
}

/// A variable that no code of the user's can see.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
