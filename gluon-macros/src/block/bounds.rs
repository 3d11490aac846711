//! Bounds: what generated code needs of a type's parameters.
//!
//! Each parameter that stands in a member's type is bounded itself, and not the member's type: so
//! a struct may contain itself, and errors speak of what the user wrote.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::visit::Visit;
use syn::{GenericParam, Ident, Type, TypePath};

use super::model::{Block, Field, Origin, is_phantom};

/// Bounds `T: bound` for what stands for a type in the members of `block`.
///
/// `#[block(bound = "..")]` takes their place.
pub(crate) fn members(block: &Block, bound: &TokenStream) -> Vec<TokenStream> {
    of(block, block.fields().filter(|field| !field.skip), bound)
}

/// Bounds `T: bound` for what stands for a type in the tied copies of `block`.
pub(crate) fn copies(block: &Block, bound: &TokenStream) -> Vec<TokenStream> {
    of(block, block.fields().filter(|field| matches!(field.origin, Origin::Copy)), bound)
}

/// Bounds `T: bound` for what stands for a type in the sources and targets of `block`'s ties.
pub(crate) fn tied(block: &Block, bound: &TokenStream) -> Vec<TokenStream> {
    of(block, block.fields().filter(|field| !field.ties.is_empty()), bound)
}

/// Whether `field` is skipped and of a type that depends on a parameter: only a bound tells whether
/// such a type is `Clone`. `#[block(bound = "..")]` takes its place too.
pub(crate) fn asks_for_clone(block: &Block, field: &Field) -> bool {
    field.skip && block.bound.is_none() && !used(block, std::iter::once(field)).is_empty()
}

fn of<'b>(
    block: &'b Block,
    fields: impl Iterator<Item = &'b Field>,
    bound: &TokenStream,
) -> Vec<TokenStream> {
    match &block.bound {
        Some(own) => own.iter().map(ToTokens::to_token_stream).collect(),
        None => used(block, fields).iter().map(|ty| quote!(#ty: #bound)).collect(),
    }
}

/// What stands for a type in `fields`.
fn used<'b>(
    block: &'b Block,
    fields: impl Iterator<Item = &'b Field>,
) -> Vec<Box<dyn ToTokens + 'b>> {
    let parameters: Vec<&Ident> = block.generics.params.iter().filter_map(type_parameter).collect();
    if parameters.is_empty() {
        return Vec::new();
    }
    let mut used = Used { parameters, found: Vec::new() };
    fields.for_each(|field| used.visit_type(&field.ty));
    used.found
}

fn type_parameter(parameter: &GenericParam) -> Option<&Ident> {
    match parameter {
        GenericParam::Type(parameter) => Some(&parameter.ident),
        _ => None,
    }
}

/// Collects type parameters, and types that belong to them such as `T::Inner`.
struct Used<'b> {
    parameters: Vec<&'b Ident>,
    found: Vec<Box<dyn ToTokens + 'b>>,
}

impl<'b> Used<'b> {
    fn add(&mut self, ty: &'b dyn ToTokens) {
        let text = ty.to_token_stream().to_string();
        if !self.found.iter().any(|known| known.to_token_stream().to_string() == text) {
            self.found.push(Box::new(ty));
        }
    }
}

impl<'b> Visit<'b> for Used<'b> {
    fn visit_type(&mut self, ty: &'b Type) {
        match ty {
            // Plain data whatever its parameters: a bound would ask for what nobody needs.
            Type::FnPtr(_) => {}
            _ if is_phantom(ty) => {}
            Type::Macro(invocation) => {
                for name in idents(invocation.mac.tokens.clone()) {
                    let parameter = self.parameters.iter().find(|known| ***known == name).copied();
                    if let Some(parameter) = parameter {
                        self.add(parameter);
                    }
                }
            }
            _ => syn::visit::visit_type(self, ty),
        }
    }

    fn visit_type_path(&mut self, ty: &'b TypePath) {
        let first = match &ty.qself {
            Some(qself) => match &*qself.ty {
                Type::Path(path) => path.path.segments.first(),
                _ => None,
            },
            None => ty.path.segments.first().filter(|_| ty.path.leading_colon.is_none()),
        };
        let parameter = first.and_then(|first| {
            self.parameters.iter().find(|known| **known == &first.ident).copied()
        });
        match parameter {
            Some(parameter) if ty.qself.is_none() && ty.path.segments.len() == 1 => {
                self.add(parameter);
            }
            Some(_) => self.add(ty),
            None => syn::visit::visit_type_path(self, ty),
        }
    }
}

fn idents(tokens: TokenStream) -> Vec<Ident> {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Ident(ident) => vec![ident],
            TokenTree::Group(group) => idents(group.stream()),
            _ => Vec::new(),
        })
        .collect()
}
