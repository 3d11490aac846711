//! Model: a struct or enum as the derive understands it, and every check of it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;
use syn::{
    Attribute, Data, DeriveInput, Expr, Fields, Generics, Ident, Member, Path, Type, Visibility,
    WherePredicate,
};

use super::attr::{self, FieldOptions, TypeOptions};
use super::expression;
use super::ties;
use crate::errors::Errors;
use crate::field_path::{self, FieldPath};
use crate::paths::Paths;
use crate::tie::{self, Shared};

/// A struct or enum that derives `Block`.
pub(crate) struct Block {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) generics: Generics,
    pub(crate) paths: Paths,
    /// The name as it is printed, without `r#`.
    pub(crate) name: String,
    pub(crate) hint: String,
    pub(crate) describe: Option<Path>,
    /// What replaces the derive's own bounds.
    pub(crate) bound: Option<Vec<WherePredicate>>,
    /// Where `forward` is asked for.
    pub(crate) sequential: Option<Span>,
    /// The name of the constructor, if there is to be one.
    pub(crate) constructor: Option<Ident>,
    /// Lints that are allowed on the type, or on any field of it.
    pub(crate) allowed: Vec<Path>,
    pub(crate) body: Body,
}

pub(crate) enum Body {
    Struct(Vec<Field>),
    Enum(Vec<Variant>),
}

pub(crate) struct Variant {
    pub(crate) ident: Ident,
    pub(crate) fields: Vec<Field>,
}

pub(crate) struct Field {
    pub(crate) member: Member,
    /// The variable that holds the field in the constructor and in patterns: `hidden`, `_0`.
    pub(crate) local: Ident,
    /// The structural name.
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) skip: bool,
    pub(crate) origin: Origin,
    /// Whether `#[new]` or `#[shared]` stands on it.
    pub(crate) annotated: bool,
    /// In the order of their declaration.
    pub(crate) ties: Vec<Tie>,
}

/// Where the constructor takes a field from.
pub(crate) enum Origin {
    /// From its caller.
    Argument,
    /// From `#[new(..)]`.
    Expression(Box<Expr>),
    /// From its source: a tied copy.
    Copy,
    /// From nowhere: `PhantomData`.
    Phantom,
    /// From an attribute that is mistaken.
    Unknown,
}

/// A tie of a field, or of a member in it, to an earlier field, or to a member in that.
pub(crate) struct Tie {
    /// The path from the field to what is tied; empty for the field itself.
    pub(crate) member: Vec<Member>,
    pub(crate) source: FieldPath,
    /// The index of the field in which the source is.
    pub(crate) source_field: usize,
}

impl Block {
    /// Reads a declaration. What is mistaken in it is noted in `errors`; the block then stands
    /// for as much as could be understood.
    pub(crate) fn read(input: DeriveInput, errors: &mut Errors) -> Block {
        let DeriveInput { attrs, vis, ident, generics, data, .. } = input;
        attr::refuse_on_type(&attrs, errors);
        let options = TypeOptions::read(&attrs, errors);
        let name = ident.unraw().to_string();
        let mut allowed = attr::allowed(&attrs);
        for field in data_fields(&data) {
            allowed.extend(attr::allowed(&field.attrs));
        }
        let body = match data {
            Data::Struct(data) => Body::Struct(read_fields(data.fields, &name, errors)),
            Data::Enum(data) => {
                if let Some((span, _)) = options.new {
                    errors.at(span, "an enum has no one constructor; write the function yourself");
                }
                let variants = data.variants.into_iter();
                Body::Enum(variants.map(|variant| read_variant(variant, errors)).collect())
            }
            Data::Union(data) => {
                errors.on(
                    data.union_token,
                    "a union cannot be a block: nothing says which of its fields is there; use an enum",
                );
                Body::Struct(Vec::new())
            }
        };
        let constructor = match (&body, &options.new) {
            (Body::Enum(_), _) => None,
            (_, Some((_, Some(name)))) => Some(name.clone()),
            (Body::Struct(fields), asked) => {
                let wanted = asked.is_some() || fields.iter().any(|field| field.annotated);
                wanted.then(|| Ident::new("new", ident.span()))
            }
        };
        Block {
            paths: match options.krate {
                Some(path) => Paths::new(path.to_token_stream()),
                None => Paths::default(),
            },
            hint: options.hint.unwrap_or_else(|| name.to_lowercase()),
            name,
            describe: options.describe,
            bound: options.bound,
            sequential: options.sequential,
            constructor,
            allowed,
            body,
            ident,
            vis,
            generics,
        }
    }

    /// Every field, of every variant.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &Field> {
        let (fields, variants): (&[Field], &[Variant]) = match &self.body {
            Body::Struct(fields) => (fields, &[]),
            Body::Enum(variants) => (&[], variants),
        };
        fields.iter().chain(variants.iter().flat_map(|variant| &variant.fields))
    }
}

impl Field {
    /// Whether the constructor takes the field from its caller.
    pub(crate) fn is_argument(&self) -> bool {
        matches!(self.origin, Origin::Argument)
    }
}

/// Every field, of every variant.
fn data_fields(data: &Data) -> Vec<&syn::Field> {
    match data {
        Data::Struct(data) => data.fields.iter().collect(),
        Data::Enum(data) => data.variants.iter().flat_map(|variant| &variant.fields).collect(),
        Data::Union(data) => data.fields.named.iter().collect(),
    }
}

/// A field with what is declared of its ties, before their targets are looked up.
struct Draft {
    field: Field,
    shared: Option<Shared>,
}

fn read_fields(fields: Fields, type_name: &str, errors: &mut Errors) -> Vec<Field> {
    let mut drafts = Vec::new();
    for (index, field) in fields.into_iter().enumerate() {
        let (attrs, field) = read_field(index, field, errors);
        drafts.push(read_origin(&attrs, field, errors));
    }
    let (mut fields, shared): (Vec<Field>, Vec<Option<Shared>>) =
        drafts.into_iter().map(|draft| (draft.field, draft.shared)).unzip();
    check_names(&fields, errors);
    ties::resolve(&mut fields, shared, type_name, errors);
    fields
}

fn read_variant(variant: syn::Variant, errors: &mut Errors) -> Variant {
    attr::refuse_on_variant(&variant.attrs, errors);
    let mut fields = Vec::new();
    for (index, field) in variant.fields.into_iter().enumerate() {
        let (attrs, field) = read_field(index, field, errors);
        for attr in &attrs {
            for name in ["new", "shared"] {
                if attr.path().is_ident(name) {
                    errors.on(attr, format!("`#[{name}]` has no meaning in an enum, which has no one constructor; declare these fields in a struct of their own and hold that in the variant"));
                }
            }
        }
        fields.push(field);
    }
    check_names(&fields, errors);
    Variant { ident: variant.ident, fields }
}

/// A field without its origin and ties, and its attributes.
fn read_field(index: usize, field: syn::Field, errors: &mut Errors) -> (Vec<Attribute>, Field) {
    let options = FieldOptions::read(&field.attrs, errors);
    let (member, local) = match field.ident {
        Some(ident) => (Member::Named(ident.clone()), ident),
        None => (Member::from(index), format_ident!("_{index}", span = Span::call_site())),
    };
    let name = match options.name {
        Some(name) => name.value(),
        None => field_path::name(&member),
    };
    let read = Field {
        member,
        local,
        name,
        ty: field.ty,
        skip: options.skip.is_some(),
        origin: Origin::Argument,
        annotated: false,
        ties: Vec::new(),
    };
    (field.attrs, read)
}

fn read_origin(attrs: &[Attribute], mut field: Field, errors: &mut Errors) -> Draft {
    let expression = expression::find(attrs, errors);
    let mut shared = tie::find(attrs, errors);
    if let (true, Some(attr)) =
        (field.skip, attrs.iter().find(|attr| attr.path().is_ident("shared")))
    {
        errors.on(attr, "a skipped field is not a member, so it has nothing to share; remove `skip` or `#[shared(..)]`");
        shared = Some(None);
    }
    field.annotated = expression.is_some() || shared.is_some();
    field.origin = match (expression, &shared) {
        (Some(Some(expression)), _) => Origin::Expression(Box::new(expression)),
        (Some(None), _) | (None, Some(None)) => Origin::Unknown,
        (None, Some(Some(Shared::Whole(_)))) => Origin::Copy,
        (None, None | Some(Some(Shared::Parts(_)))) if is_phantom(&field.ty) => Origin::Phantom,
        (None, None | Some(Some(Shared::Parts(_)))) => Origin::Argument,
    };
    Draft { field, shared: shared.flatten() }
}

/// Whether a type is written as `PhantomData<..>`.
pub(crate) fn is_phantom(ty: &Type) -> bool {
    match ty {
        Type::Path(path) if path.qself.is_none() => {
            path.path.segments.last().is_some_and(|last| last.ident == "PhantomData")
        }
        Type::Group(group) => is_phantom(&group.elem),
        Type::Paren(paren) => is_phantom(&paren.elem),
        _ => false,
    }
}

/// Refuses two fields of the same structural name.
fn check_names(fields: &[Field], errors: &mut Errors) {
    for (index, field) in fields.iter().enumerate() {
        let same = |other: &&Field| !other.skip && other.name == field.name;
        if let Some(other) = fields[..index].iter().find(same).filter(|_| !field.skip) {
            // Fields differ, so at least one of the two has a name of its own.
            let (mine, theirs) = (field_path::name(&field.member), field_path::name(&other.member));
            let tokens: TokenStream = match mine == field.name {
                true => other.member.to_token_stream(),
                false => field.member.to_token_stream(),
            };
            let text = format!(
                "`{theirs}` and `{mine}` have the same name `{}` in files; give one of them another",
                field.name
            );
            errors.on(tokens, text);
        }
    }
}
