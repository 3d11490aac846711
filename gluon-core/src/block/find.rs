//! Finding blocks: by their path in a model, and by where they lie in memory.

use super::Block;
use super::visit::{Place, Root, Visitor, Walk};
use crate::error::{Error, Result};

/// Which block of all that live: where it lies, and its type.
///
/// The first field of a struct lies where the struct does, so that the address alone is not enough.
/// A block without data has no place of its own; for it stands that of the box or field it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    address: usize,
    kind: &'static str,
}

impl Key {
    fn of(place: &Place<'_>, block: &dyn Block) -> Key {
        let address = match size_of_val(block) {
            0 => place.slot(),
            _ => std::ptr::from_ref(block).cast::<()>() as usize,
        };
        Key { address, kind: block.kind() }
    }
}

/// A block of a model.
pub(super) struct Found<'a> {
    pub(super) path: String,
    pub(super) block: &'a dyn Block,
    pub(super) key: Key,
}

#[derive(Default)]
struct Finder<'a> {
    found: Vec<Found<'a>>,
}

impl<'a> Visitor<'a> for Finder<'a> {
    fn enter(&mut self, place: &Place<'_>, block: &'a dyn Block) {
        let path = place.path().to_owned();
        self.found.push(Found { path, block, key: Key::of(place, block) });
    }
}

/// The blocks of `root` in declaration order, each before its members; first `root` itself.
pub(super) fn blocks<'a>(root: Root<'a, '_>) -> Vec<Found<'a>> {
    let mut finder = Finder::default();
    Walk::lead(root, None, &mut finder);
    finder.found
}

/// [`blocks`] with their paths.
pub(super) fn named<'a>(root: Root<'a, '_>) -> Vec<(String, &'a dyn Block)> {
    blocks(root).into_iter().map(|found| (found.path, found.block)).collect()
}

/// The blocks of `root` that are in no other but `root`, with their paths.
pub(super) fn children<'a>(root: Root<'a, '_>) -> Vec<(String, &'a dyn Block)> {
    let mut children: Vec<(String, &dyn Block)> = Vec::new();
    let known = |children: &[(String, &dyn Block)], path: &str| {
        children.iter().any(|(child, _)| {
            path.strip_prefix(child.as_str()).is_some_and(|rest| rest.starts_with('.'))
        })
    };
    for (path, block) in named(root).into_iter().skip(1) {
        if !known(&children, &path) {
            children.push((path, block));
        }
    }
    children
}

/// The block at `path` of `root`; `root` itself if it is empty.
///
/// # Errors
/// [`Error::UnknownBlock`] if there is none.
pub(super) fn find<'a>(root: Root<'a, '_>, path: &str) -> Result<Found<'a>> {
    let mut blocks = blocks(root);
    match blocks.iter().position(|found| found.path == path) {
        Some(index) => Ok(blocks.swap_remove(index)),
        None => {
            let known = blocks.into_iter().map(|found| found.path).filter(|path| !path.is_empty());
            Err(Error::UnknownBlock { path: path.to_owned(), known: known.collect() })
        }
    }
}

/// The block that `layer` is, or is a box of.
pub(super) fn called<'a>(layer: Root<'a, '_>) -> Option<Found<'a>> {
    blocks(layer).into_iter().next()
}

/// Applies `f` to every block of `root`, children before their parents.
pub(super) fn apply(root: Root<'_, '_>, f: &mut dyn FnMut(&dyn Block)) {
    struct Apply<'f>(&'f mut dyn FnMut(&dyn Block));

    impl<'a> Visitor<'a> for Apply<'_> {
        fn leave(&mut self, _: &Place<'_>, block: &'a dyn Block) {
            (self.0)(block);
        }
    }

    Walk::lead(root, None, &mut Apply(f));
}
