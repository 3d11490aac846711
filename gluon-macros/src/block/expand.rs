//! Expansion: the impls of a checked block, and those that stand in for a mistaken one.
//!
//! Variables of generated code are hygienic, so that none can meet a name of the user's; paths are
//! absolute. A field's type keeps its place in the source: what the compiler says of it, it says
//! there.

mod constructor;
mod fallback;
mod walk;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Lifetime;

use super::bounds;
use super::model::{Block, Body, Field};
use super::wording;
pub(super) use fallback::fallback;

/// Everything that the derive writes for `block`.
pub(super) fn block(block: &Block) -> TokenStream {
    let member = member(block);
    let named = named(block);
    let replicate = replicate(block);
    let constructor = constructor::constructor(block);
    let forward = block.sequential.map(|span| forward(block, span));
    quote!(#member #named #replicate #constructor #forward)
}

fn member(block: &Block) -> TokenStream {
    let walk = local("walk");
    let map = local("map");
    let lifetime = fresh_lifetime(block);
    let (parameter, shared, changed) =
        (block.paths.root("Parameter"), block.paths.block("Walk"), block.paths.block("WalkMut"));
    let visit = walk::visit(block, &walk);
    let visit_mut = walk::visit_mut(block, &walk);
    let rebuild = walk::rebuild(block, &map);
    let body = quote! {
        fn visit<#lifetime>(&#lifetime self, #walk: &mut #shared<#lifetime, '_>) {
            #visit
        }
        fn visit_mut(&mut self, #walk: &mut #changed<'_>) {
            #visit_mut
        }
        fn rebuild(&self, #map: &mut dyn ::core::ops::FnMut(&#parameter) -> #parameter) -> Self {
            #rebuild
        }
    };
    implement(block, &block.paths.root("Member"), &[], body)
}

fn named(block: &Block) -> TokenStream {
    let Block { hint, name, .. } = block;
    let describe = block.describe.as_ref().map(|path| {
        quote! {
            fn describe(&self) -> ::core::option::Option<::std::string::String> {
                ::core::option::Option::Some(#path(self))
            }
        }
    });
    let body = quote! {
        fn hint(&self) -> &::core::primitive::str {
            #hint
        }
        fn type_name(&self) -> &::core::primitive::str {
            #name
        }
        #describe
    };
    implement(block, &block.paths.root("Block"), &[], body)
}

/// The promise that a copy can be made: of the parameters, and of what is skipped.
fn replicate(block: &Block) -> TokenStream {
    let replicate = block.paths.block("Replicate");
    let mut bounds = bounds::members(block, &replicate);
    let lifetime = fresh_lifetime(block);
    let clone = block.paths.block("CloneSkipped");
    let known = |field: &&Field| field.skip && !bounds::asks_for_clone(block, field);
    for field in block.fields().filter(known) {
        let ty = &field.ty;
        // The lifetime keeps the compiler from asking before a copy is made.
        bounds.push(quote!(for<#lifetime> #ty: #clone));
    }
    implement_at(Some(block.ident.span()), block, &replicate, &bounds, TokenStream::new())
}

/// `Forward`, which an impl by hand conflicts with at `span`.
fn forward(block: &Block, span: Span) -> TokenStream {
    let input = local("input");
    let (tensor, result) = (block.paths.root("Tensor"), block.paths.root("Result"));
    let apply = walk::apply(block, &input);
    let body = quote! {
        fn forward(&self, #input: &#tensor) -> #result<#tensor> {
            #apply
        }
    };
    implement_at(Some(span), block, &block.paths.root("Forward"), &[], body)
}

/// `impl path for Type { body }`, with the bounds that members need and `more` of them.
fn implement(
    block: &Block,
    path: &TokenStream,
    more: &[TokenStream],
    body: TokenStream,
) -> TokenStream {
    implement_at(None, block, path, more, body)
}

/// [`implement`], reported at `span` if there is one.
fn implement_at(
    span: Option<Span>,
    block: &Block,
    path: &TokenStream,
    more: &[TokenStream],
    body: TokenStream,
) -> TokenStream {
    let ident = &block.ident;
    let (impl_generics, ty_generics, _) = block.generics.split_for_impl();
    let mut bounds = bounds::members(block, &member_bound(block));
    bounds.extend(skipped_bounds(block));
    bounds.extend(more.iter().cloned());
    let where_clause = where_clause(block, bounds);
    let mut ident = ident.clone();
    if let Some(span) = span {
        ident.set_span(span.resolved_at(ident.span()));
    }
    let span = span.unwrap_or_else(Span::call_site);
    let item = quote_spanned! {span=>
        impl #impl_generics #path for #ident #ty_generics #where_clause { #body }
    };
    let allow = allow(block);
    quote! {
        #[automatically_derived]
        #allow
        #item
    }
}

/// Allows in an impl what is allowed in the declaration.
fn allow(block: &Block) -> Option<TokenStream> {
    let allowed = &block.allowed;
    (!allowed.is_empty()).then(|| quote!(#[allow(#(#allowed),*)]))
}

/// The trait that members of `block` must have.
fn member_bound(block: &Block) -> TokenStream {
    match block.sequential {
        Some(_) => block.paths.block("ApplyInOrder"),
        None => block.paths.root("Member"),
    }
}

fn where_clause(block: &Block, bounds: Vec<TokenStream>) -> Option<TokenStream> {
    let own = block.generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    let all: Vec<TokenStream> = own.map(ToTokens::to_token_stream).chain(bounds).collect();
    (!all.is_empty()).then(|| quote!(where #(#all),*))
}

/// Bounds of the skipped fields that need one to be cloned.
fn skipped_bounds(block: &Block) -> impl Iterator<Item = TokenStream> {
    let clone = block.paths.block("CloneSkipped");
    let skipped = block.fields().filter(|field| bounds::asks_for_clone(block, field));
    skipped.map(move |Field { ty, .. }| quote!(#ty: #clone))
}

/// The type of `field` as the trait that generated code speaks to it through.
fn as_member(block: &Block, field: &Field) -> TokenStream {
    let ty = &field.ty;
    let path = block.paths.advice(wording::advice(ty, block.sequential.is_some()));
    quote!(<#ty as #path>)
}

/// A variable that no code of the user's can see.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// A lifetime that the type does not have.
fn fresh_lifetime(block: &Block) -> Lifetime {
    let mut name = "'walk".to_owned();
    let fields: String =
        block.fields().map(|field| field.ty.to_token_stream().to_string()).collect();
    while block.generics.lifetimes().any(|known| known.lifetime.to_string() == name)
        || fields.contains(&name)
    {
        name.push('_');
    }
    Lifetime::new(&name, Span::call_site())
}

/// Whether `block` is an enum.
fn is_enum(block: &Block) -> bool {
    matches!(block.body, Body::Enum(_))
}
