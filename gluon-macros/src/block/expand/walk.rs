//! Bodies of the methods that go through the fields: visiting, copying, applying.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::super::bounds;
use super::super::model::{Block, Body, Field, Tie, Variant};
use super::{as_member, is_enum};
use crate::field_path;

/// Shows every member, and then the ties.
pub(super) fn visit(block: &Block, walk: &Ident) -> TokenStream {
    if let Some(never) = never(block, walk) {
        return never;
    }
    let members = each(block, |field| {
        let Field { name, .. } = field;
        let (member, access) = (as_member(block, field), access(block, field, quote!(&)));
        let ties = field.ties.iter().map(|one| tie(block, field, one, walk, false));
        quote!(#member::visit_as(#access, #name, #walk); #(#ties)*)
    });
    quote!(#walk.enter(self); #members #walk.leave(self);)
}

/// Shows every member to be changed, each after its ties.
pub(super) fn visit_mut(block: &Block, walk: &Ident) -> TokenStream {
    if let Some(never) = never(block, walk) {
        return never;
    }
    let hint = &block.hint;
    let members = each(block, |field| {
        let Field { name, .. } = field;
        let (member, access) = (as_member(block, field), access(block, field, quote!(&mut)));
        let ties = field.ties.iter().map(|one| tie(block, field, one, walk, true));
        quote!(#(#ties)* #member::visit_mut_as(#access, #name, #walk);)
    });
    quote!(#walk.enter(#hint); #members #walk.leave(self);)
}

/// The body of a method of an enum without variants, in which `unused` is an argument.
fn never(block: &Block, unused: &Ident) -> Option<TokenStream> {
    match &block.body {
        Body::Enum(variants) if variants.is_empty() => {
            Some(quote!(let _ = #unused; match *self {}))
        }
        _ => None,
    }
}

/// Shows a tie, whose member may be `changed`.
fn tie(block: &Block, field: &Field, tie: &Tie, walk: &Ident, changed: bool) -> TokenStream {
    let (name, target) = (tie_name(field, tie), tie.source.to_string());
    let (member, source) = (tie_member(block, field, tie, changed), tie_source(block, tie));
    quote!(#walk.tie(#name, #target, #member, #source);)
}

/// `again`, or `head.weight`.
fn tie_name(field: &Field, tie: &Tie) -> String {
    let mut name = field_path::name(&field.member);
    for segment in &tie.member {
        name.push('.');
        name.push_str(&field_path::name(segment));
    }
    name
}

fn tie_member(block: &Block, field: &Field, tie: &Tie, changed: bool) -> TokenStream {
    let (member, rest) = (&field.member, &tie.member);
    let base = quote!(self.#member);
    match (rest.is_empty(), changed) {
        (true, false) => {
            let ty = as_member(block, field);
            quote!(#ty::as_member(&#base))
        }
        (true, true) => {
            let ty = as_member(block, field);
            quote!(#ty::as_member_mut(&mut #base))
        }
        (false, false) => quote!(&#base #(.#rest)*),
        (false, true) => quote!(&mut #base #(.#rest)*),
    }
}

fn tie_source(block: &Block, tie: &Tie) -> TokenStream {
    let place = tie.source.of(&quote!(self));
    let whole = block.fields().nth(tie.source_field).filter(|_| tie.source.rest.is_empty());
    match whole {
        Some(source) => {
            let ty = as_member(block, source);
            quote!(#ty::as_member(&#place))
        }
        None => quote!(&#place),
    }
}

/// Makes a copy, field by field.
pub(super) fn rebuild(block: &Block, map: &Ident) -> TokenStream {
    if let Some(never) = never(block, map) {
        return never;
    }
    let copy = |field: &Field| {
        let Field { member, .. } = field;
        let access = access(block, field, quote!(&));
        let value = match field.skip {
            true => skipped(block, field, &access),
            false => {
                let ty = as_member(block, field);
                quote!(#ty::rebuild(#access, #map))
            }
        };
        quote!(#member: #value)
    };
    let bring = block.fields().any(|field| field.skip).then(|| {
        let copy_skipped = block.paths.block("CopySkipped");
        quote!(use #copy_skipped as _;)
    });
    match &block.body {
        Body::Struct(fields) => {
            let fields = fields.iter().map(copy);
            quote!(#bring Self { #(#fields),* })
        }
        Body::Enum(variants) => {
            let arms = variants.iter().map(|variant| {
                let (ident, pattern) = (&variant.ident, pattern(variant, |_| true));
                let fields = variant.fields.iter().map(copy);
                quote!(#pattern => Self::#ident { #(#fields),* },)
            });
            quote!(#bring match self { #(#arms)* })
        }
    }
}

fn skipped(block: &Block, field: &Field, access: &TokenStream) -> TokenStream {
    if bounds::asks_for_clone(block, field) {
        let (ty, clone) = (&field.ty, block.paths.block("CloneSkipped"));
        return quote!(<#ty as #clone>::clone_skipped(#access));
    }
    let (path, name) = (block.paths.block("Skipped"), &field.name);
    quote!(#path { value: #access, name: #name }.copy())
}

/// Applies every member in order to the tensor in the variable `input`.
pub(super) fn apply(block: &Block, input: &Ident) -> TokenStream {
    if let Some(never) = never(block, input) {
        return never;
    }
    let step = |field: &Field| {
        let (ty, access) = (as_member(block, field), access(block, field, quote!(&)));
        quote!(let #input = #ty::apply_in_order(#access, #input)?;)
    };
    let copy = quote!(let #input = ::core::clone::Clone::clone(#input););
    match &block.body {
        Body::Struct(_) => {
            let steps = each(block, step);
            quote!(#copy #steps ::core::result::Result::Ok(#input))
        }
        Body::Enum(variants) => {
            let arms = variants.iter().map(|variant| {
                let pattern = pattern(variant, |field| !field.skip);
                let steps = variant.fields.iter().filter(|field| !field.skip).map(step);
                quote!(#pattern => { #(#steps)* ::core::result::Result::Ok(#input) })
            });
            quote!(#copy match self { #(#arms)* })
        }
    }
}

/// What `statement` makes of every member: in a row, or in the arms of a match on the variants.
fn each(block: &Block, statement: impl Fn(&Field) -> TokenStream) -> TokenStream {
    match &block.body {
        Body::Struct(fields) => fields.iter().filter(|field| !field.skip).map(statement).collect(),
        Body::Enum(variants) => {
            let arms = variants.iter().map(|variant| {
                let pattern = pattern(variant, |field| !field.skip);
                let statements = variant.fields.iter().filter(|field| !field.skip).map(&statement);
                quote!(#pattern => { #(#statements)* })
            });
            quote!(match self { #(#arms)* })
        }
    }
}

/// `Self::Variant { field, .. }` with the fields that `wanted` names.
fn pattern(variant: &Variant, wanted: impl Fn(&Field) -> bool) -> TokenStream {
    let ident = &variant.ident;
    let fields = variant.fields.iter().filter(|field| wanted(field)).map(|field| {
        let Field { member, local, .. } = field;
        match member {
            syn::Member::Named(name) if name == local => quote!(#name),
            _ => quote!(#member: #local),
        }
    });
    let rest = (!variant.fields.iter().all(&wanted)).then(|| quote!(..));
    quote!(Self::#ident { #(#fields,)* #rest })
}

/// `&self.field`; in an enum, the variable that a pattern has bound to the field.
fn access(block: &Block, field: &Field, reference: TokenStream) -> TokenStream {
    let Field { member, local, .. } = field;
    match is_enum(block) {
        true => quote!(#local),
        false => quote!(#reference self.#member),
    }
}
