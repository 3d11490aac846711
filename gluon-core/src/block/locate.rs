//! Locating errors: saying in which block of a model something went wrong.
//!
//! All of it happens after the fact. A block does not know its path; its parameters do.

use super::Block;
use super::member::Member;
use super::tree::called;
use super::visit::{Place, Root, Visitor, Walk, root};
use crate::error::Error;
use crate::parameter::Parameter;

/// `error`, which happened in the `forward` of `layer`, with the path of that block.
///
/// A block without parameters is called by its type.
#[cold]
pub(super) fn locate<L: Member + ?Sized>(error: Error, layer: &L) -> Error {
    locate_root(error, &root(layer))
}

fn locate_root(error: Error, layer: Root<'_, '_>) -> Error {
    let place = Located::of(layer);
    let Some(path) = place.path.or(place.kind) else { return error };
    within(error, path)
}

/// `error`, which happened in the member `index` of `container`, with the path of that member.
#[cold]
pub(crate) fn locate_member<M: Member + ?Sized>(
    error: Error,
    container: &M,
    index: usize,
) -> Error {
    let path = match Located::of(&root(container)).path {
        Some(path) if !path.is_empty() => format!("{path}.{index}"),
        _ => index.to_string(),
    };
    within(error, path)
}

/// Adds the block to an error that does not say where it happened.
fn within(error: Error, path: String) -> Error {
    let known = match &error {
        Error::InBlock { path: inner, .. } => {
            let rest = inner.strip_prefix(path.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        }
        error => !error.wants_place(),
    };
    if known || path.is_empty() {
        return error;
    }
    Error::InBlock { path, error: Box::new(error) }
}

/// What a walk through a block tells of its place in a model.
#[derive(Default)]
struct Located {
    /// The path of the block.
    path: Option<String>,
    /// What the block is called if it has no parameters to tell its path.
    kind: Option<String>,
}

impl Located {
    fn of(member: Root<'_, '_>) -> Located {
        let mut located = Located::default();
        Walk::lead(member, None, &mut located);
        located
    }
}

impl<'a> Visitor<'a> for Located {
    fn enter(&mut self, _: &Place<'_>, block: &'a dyn Block) {
        self.kind.get_or_insert_with(|| called(block));
    }

    fn parameter(&mut self, place: &Place<'_>, parameter: &'a Parameter) {
        // One that is shared may have the name of another place.
        if self.path.is_none()
            && let Some(path) = parameter.path().strip_suffix(place.path())
            && (path.is_empty() || path.ends_with('.'))
        {
            self.path = Some(path.trim_end_matches('.').to_owned());
        }
    }
}
