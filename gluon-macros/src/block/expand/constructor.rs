//! The constructor: arguments for what nothing determines, then the fields in order.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Member;
use syn::spanned::Spanned;

use super::super::bounds;
use super::super::model::{Block, Body, Field, Origin, Tie};
use super::local;
use crate::field_path::{self, FieldPath};

/// The inherent impl with the constructor of `block`, if it has one.
pub(super) fn constructor(block: &Block) -> Option<TokenStream> {
    let (name, fields) = head(block)?;
    let built = local("block");
    let declare = block.paths.block("declare");
    let steps = fields.iter().map(|field| step(block, fields, field));
    let values = fields.iter().map(value);
    let ties = fields.iter().any(|field| !field.ties.is_empty());
    let bring = ties.then(|| {
        let not_a_member = block.paths.block("NotAMember");
        quote!(use #not_a_member as _;)
    });
    let body = quote! {
        #bring
        #(#steps)*
        let #built = Self { #(#values),* };
        #declare(&#built);
        #built
    };
    Some(implement(block, name, fields, body, None))
}

/// The constructor's name, and the fields of the struct.
pub(super) fn head(block: &Block) -> Option<(&Ident, &[Field])> {
    match &block.body {
        Body::Struct(fields) => Some((block.constructor.as_ref()?, fields)),
        Body::Enum(_) => None,
    }
}

/// The impl around `body`, with the constructor's signature and documentation.
pub(super) fn implement(
    block: &Block,
    name: &Ident,
    fields: &[Field],
    body: TokenStream,
    allowed: Option<TokenStream>,
) -> TokenStream {
    let allowed = allowed.iter();
    let (ident, vis) = (&block.ident, &block.vis);
    let (impl_generics, ty_generics, own) = block.generics.split_for_impl();
    let arguments = fields.iter().filter(|field| field.is_argument()).map(|field| {
        let Field { local, ty, .. } = field;
        quote!(#local: #ty)
    });
    let mut bounds = bounds::members(block, &argument_bound(block));
    bounds.extend(bounds::tied(block, &block.paths.block("Shareable")));
    bounds.extend(bounds::copies(block, &block.paths.block("Replicate")));
    bounds.extend(super::skipped_bounds(block));
    let bounds = where_clause_of(bounds);
    let docs = docs(block, fields);
    let allow = super::allow(block);
    // A second `new`, by hand, conflicts with this one where the constructor got its name.
    let function = quote_spanned! {name.span()=>
        #vis fn #name(#(#arguments),*) -> Self #bounds { #body }
    };
    quote! {
        #[automatically_derived]
        #allow
        impl #impl_generics #ident #ty_generics #own {
            #(#[doc = #docs])*
            #[must_use]
            #[allow(dead_code, private_interfaces, #(#allowed,)* clippy::too_many_arguments, clippy::new_without_default)]
            #function
        }
    }
}

/// The trait that type arguments of the constructor must have.
fn argument_bound(block: &Block) -> TokenStream {
    match block.sequential {
        Some(_) => block.paths.block("ApplyInOrder"),
        None => block.paths.advice("MemberArgument"),
    }
}

fn where_clause_of(mut bounds: Vec<TokenStream>) -> Option<TokenStream> {
    let mut seen = Vec::new();
    bounds.retain(|bound| {
        let text = bound.to_string();
        let new = !seen.contains(&text);
        seen.push(text);
        new
    });
    (!bounds.is_empty()).then(|| quote!(where #(#bounds),*))
}

/// What the constructor's documentation says, line by line.
fn docs(block: &Block, fields: &[Field]) -> Vec<String> {
    let mut lines = vec![format!(" A new `{}`, as it is declared.", block.name)];
    let rows: Vec<String> = fields.iter().filter_map(row).collect();
    if !rows.is_empty() {
        lines.push(String::new());
        lines.extend(rows);
    }
    lines
}

fn row(field: &Field) -> Option<String> {
    let name = field_path::name(&field.member);
    let ties: Vec<String> = field
        .ties
        .iter()
        .map(|tie| {
            let path: Vec<String> = tie.member.iter().map(field_path::name).collect();
            match path.is_empty() {
                true => format!("the parameters of `{}`", tie.source),
                false => format!("its `{}` with `{}`", path.join("."), tie.source),
            }
        })
        .collect();
    let shares = ties.join(", ");
    let made = match &field.origin {
        Origin::Expression(expression) => format!("is `{}`", text(expression)),
        Origin::Argument if !ties.is_empty() => "is passed in".to_owned(),
        Origin::Copy => return Some(format!(" - `{name}` is a copy that shares {shares}")),
        Origin::Argument | Origin::Phantom | Origin::Unknown => return None,
    };
    Some(match ties.is_empty() {
        true => format!(" - `{name}` {made}"),
        false => format!(" - `{name}` {made} and shares {shares}"),
    })
}

/// An expression as it is written.
fn text(expression: &syn::Expr) -> String {
    let written = expression.span().source_text();
    let text = written.unwrap_or_else(|| quote!(#expression).to_string());
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('`', "'")
}

/// The statements that make one field.
fn step(block: &Block, fields: &[Field], field: &Field) -> TokenStream {
    let Field { local, ty, .. } = field;
    // Single members are tied in place.
    let tied = !field.ties.is_empty() && !matches!(field.origin, Origin::Copy);
    let mutable = tied.then(|| quote!(mut));
    let made = match &field.origin {
        Origin::Argument => tied.then(|| quote!(let mut #local = #local;)),
        Origin::Expression(expression) => Some(quote!(let #mutable #local: #ty = #expression;)),
        Origin::Phantom => Some(quote!(let #local: #ty = ::core::marker::PhantomData;)),
        Origin::Copy => field.ties.first().map(|tie| copy(block, fields, field, tie)),
        Origin::Unknown => None,
    };
    let ties = field.ties.iter().filter(|_| tied).map(|tie| share(block, fields, field, tie));
    quote!(#made #(#ties)*)
}

/// A tied copy: the same configuration and the same parameters.
fn copy(block: &Block, fields: &[Field], field: &Field, tie: &Tie) -> TokenStream {
    let Field { local, ty, .. } = field;
    let at = Place::of(&tie.source);
    let source = source(block, fields, tie);
    let original = at.call(block.paths.block_at("Replicate", at.first), "original", source);
    let copied = block.paths.block_at("CopiedAs", at.first);
    let tied = at.call(quote_spanned!(at.first=> #copied::<#ty>), "tied", original);
    quote!(let #local: #ty = #tied;)
}

/// Makes what is tied of a field that is already there share the parameters of its source.
fn share(block: &Block, fields: &[Field], field: &Field, tie: &Tie) -> TokenStream {
    let (local, path) = (&field.local, &tie.member);
    let at = Place::of(&tie.source);
    let source = source(block, fields, tie);
    let arguments = quote!(#source, &mut #local #(.#path)*);
    let tie = at.call(block.paths.block_at("SharedWith", at.first), "tie", arguments);
    quote!(#tie;)
}

/// The source of a tie, which must have parameters to share.
fn source(block: &Block, fields: &[Field], tie: &Tie) -> TokenStream {
    let at = Place::of(&tie.source);
    let place = fields.get(tie.source_field).map(|field| {
        // The variable of the field, where the tie names it.
        let mut local = field.local.clone();
        local.set_span(at.first.resolved_at(local.span()));
        tie.source.rooted_at(&local)
    });
    let source = block.paths.block_at("Source", at.first);
    let member = quote_spanned!(at.last=> .member());
    let member = quote_spanned!(at.first=> #source(&#place) #member);
    at.call(block.paths.block_at("Shareable", at.first), "source", member)
}

/// Where a tie names its source: what is said of the tie is said there.
struct Place {
    first: Span,
    last: Span,
}

impl Place {
    fn of(path: &FieldPath) -> Place {
        let last = path.rest.last().unwrap_or(&path.first);
        Place { first: path.first.span(), last: last.span() }
    }

    /// `function::method(arguments)`, from the first to the last segment of the path.
    fn call(&self, function: TokenStream, method: &str, arguments: TokenStream) -> TokenStream {
        let method = Ident::new(method, self.first);
        let arguments = quote_spanned!(self.last=> (#arguments));
        quote_spanned!(self.first=> #function::#method #arguments)
    }
}

/// A field of the struct expression.
fn value(field: &Field) -> TokenStream {
    let Field { member, local, .. } = field;
    match member {
        Member::Named(name) => quote!(#name),
        Member::Unnamed(_) => quote!(#member: #local),
    }
}
