//! Undoing what tying a model again has changed.

use crate::block::{Block, Place, VisitorMut, WalkMut};
use crate::parameter::{Parameter, Snapshot};

/// The parameters of a model, at each of its places.
pub(super) struct Undo {
    places: Vec<(Parameter, Snapshot)>,
}

impl Undo {
    /// Remembers the parameters of `model`.
    pub(super) fn new<B: Block + ?Sized>(model: &mut B) -> Undo {
        let mut undo = Undo { places: Vec::new() };
        WalkMut::run(model, None, &mut undo);
        undo
    }

    /// Gives `model` those parameters back, as they were.
    pub(super) fn restore<B: Block + ?Sized>(self, model: &mut B) {
        WalkMut::run(model, None, &mut Restore { places: self.places.into_iter() });
    }
}

impl VisitorMut for Undo {
    fn parameter(&mut self, _: &Place<'_>, parameter: &mut Parameter) {
        self.places.push((parameter.share(), parameter.snapshot()));
    }
}

struct Restore {
    places: std::vec::IntoIter<(Parameter, Snapshot)>,
}

impl VisitorMut for Restore {
    fn parameter(&mut self, _: &Place<'_>, parameter: &mut Parameter) {
        if let Some((known, snapshot)) = self.places.next() {
            known.restore(&snapshot);
            *parameter = known;
        }
    }
}
