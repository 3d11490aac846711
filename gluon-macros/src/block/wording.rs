//! Wording: the trait through which generated code asks whether a field is a member.
//!
//! All of these traits hold for the same types. The spelling of a field's type chooses the one
//! whose error fits it best, and nothing else: a type of the same name that is a member compiles.

use quote::ToTokens;
use syn::visit::Visit;
use syn::{GenericArgument, PathArguments, PathSegment, Type, TypePath};

/// The trait for any block's field, and for a field of a `#[block(sequential)]` one.
type Advice = (&'static str, &'static str);

/// The name of the advice trait for a type spelled as `ty`.
pub(crate) fn advice(ty: &Type, sequential: bool) -> &'static str {
    let mut spelling = Spelling { found: None };
    spelling.visit_type(ty);
    match (spelling.found, sequential) {
        (Some((member, _)), false) => member,
        (Some((_, layer)), true) => layer,
        (None, false) => "AnyMember",
        (None, true) if is_parameter(ty) => "LayerNotParameter",
        (None, true) => "MemberInOrder",
    }
}

/// Looks for the outermost part of a type that there is advice for.
struct Spelling {
    found: Option<Advice>,
}

impl<'ast> Visit<'ast> for Spelling {
    fn visit_type(&mut self, ty: &'ast Type) {
        if self.found.is_some() {
            return;
        }
        self.found = match ty {
            Type::Reference(reference) if !is_text(&reference.elem) => {
                Some(("HeldMember", "HeldLayer"))
            }
            Type::Ptr(_) => Some(("HeldMember", "HeldLayer")),
            Type::Slice(_) => Some(("IndexedMembers", "IndexedLayers")),
            Type::TraitObject(_) if ty.to_token_stream().to_string() != "dyn Layer" => {
                Some(("LayerObject", "LayerObjectInOrder"))
            }
            Type::Path(path) => named(path),
            // A pointer to a function is plain data, whatever its arguments.
            Type::FnPtr(_) => return,
            _ => None,
        };
        syn::visit::visit_type(self, ty);
    }
}

fn named(path: &TypePath) -> Option<Advice> {
    let last = path.path.segments.last()?;
    match last.ident.to_string().as_str() {
        "HashMap" => Some(("OrderedMap", "OrderedLayers")),
        "BTreeMap" | "IndexMap" if !has_string_keys(last) => Some(("NamedMembers", "NamedLayers")),
        "HashSet" | "BTreeSet" | "IndexSet" | "VecDeque" | "LinkedList" | "BinaryHeap" => {
            Some(("IndexedMembers", "IndexedLayers"))
        }
        "Rc" | "Arc" | "Weak" | "Cow" => Some(("OwnedMember", "OwnedLayer")),
        "Cell" | "RefCell" | "OnceCell" | "LazyCell" | "UnsafeCell" | "Mutex" | "RwLock"
        | "OnceLock" | "LazyLock" => Some(("UnlockedMember", "UnlockedLayer")),
        "NonNull" => Some(("HeldMember", "HeldLayer")),
        "Tensor" => Some(("NamedTensor", "NamedTensorLayer")),
        _ => None,
    }
}

fn has_string_keys(map: &PathSegment) -> bool {
    match &map.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
            Some(GenericArgument::Type(key)) => last_name(key).is_some_and(|name| name == "String"),
            _ => false,
        },
        _ => false,
    }
}

fn is_text(ty: &Type) -> bool {
    last_name(ty).is_some_and(|name| name == "str" || name == "Path" || name == "OsStr")
}

fn is_parameter(ty: &Type) -> bool {
    last_name(ty).is_some_and(|name| name == "Parameter")
}

fn last_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        Type::Group(group) => last_name(&group.elem),
        Type::Paren(paren) => last_name(&paren.elem),
        _ => None,
    }
}
