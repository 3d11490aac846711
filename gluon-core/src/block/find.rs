//! Finding blocks: by their path in a model, and by where they lie in memory.

use super::Block;
use super::member::Member;
use super::visit::{Place, Visitor, Walk};
use crate::error::{Error, Result};

/// Which block of all that live: where it lies, and its type.
///
/// The first field of a struct lies where the struct does, so that the address alone is not enough.
/// A block without data has no place of its own; for it stands that of the box or field it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
pub(super) fn blocks<M: Member + ?Sized>(root: &M) -> Vec<Found<'_>> {
    let mut finder = Finder::default();
    Walk::run(root, None, &mut finder);
    finder.found
}

/// The block at `path` of `root`; `root` itself if it is empty.
///
/// # Errors
/// [`Error::UnknownBlock`] if there is none.
pub(super) fn find<'a, M: Member + ?Sized>(root: &'a M, path: &str) -> Result<Found<'a>> {
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
pub(super) fn called<L: Member + ?Sized>(layer: &L) -> Option<Found<'_>> {
    blocks(layer).into_iter().next()
}

/// Applies `f` to every block of `root`, children before their parents.
pub(super) fn apply<M: Member + ?Sized>(root: &M, f: &mut dyn FnMut(&dyn Block)) {
    struct Apply<'f>(&'f mut dyn FnMut(&dyn Block));

    impl<'a> Visitor<'a> for Apply<'_> {
        fn leave(&mut self, _: &Place<'_>, block: &'a dyn Block) {
            (self.0)(block);
        }
    }

    Walk::run(root, None, &mut Apply(f));
}
