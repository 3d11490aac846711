//! Concurrent: layers side by side.

use std::fmt;

use crate::block::{
    Block, Forward, IntoLayer, Layer, Member, Replicate, Walk, WalkMut, locate_member, observe,
};
use crate::error::Result;
use crate::parameter::Parameter;
use crate::tensor::Tensor;

/// Layers that all see the same input, their outputs joined along an axis; Gluon's
/// `HybridConcurrent`.
///
/// Structural names are the indices, as in a [`Sequential`](super::Sequential).
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Block, Forward, Tensor, nn::{Concurrent, Dense, Identity}};
///
/// let mut net = Concurrent::new(1);
/// net.add(Dense::new(8).relu());
/// net.add(Identity);
/// net.initialize()?;
/// assert_eq!(net.forward(&Tensor::ones([5, 3]))?.shape(), [5, 11]);
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Errors
/// `forward` returns what a layer does, and as for [`Tensor::concat`], also if there is no layer.
pub struct Concurrent {
    layers: Vec<Box<dyn Layer>>,
    axis: isize,
}

impl Concurrent {
    /// No layers yet; their outputs will be joined along `axis`, negative ones counted from the
    /// end.
    pub fn new(axis: isize) -> Concurrent {
        Concurrent { layers: Vec::new(), axis }
    }

    /// Adds a layer beside the others.
    pub fn add(&mut self, layer: impl Layer + 'static) {
        self.layers.push(layer.into_layer());
    }

    /// The number of layers.
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }
}

impl Forward for Concurrent {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let mut outputs = Vec::with_capacity(self.len());
        for (index, layer) in self.layers.iter().enumerate() {
            let located = |error| locate_member(error, self, index);
            outputs.push(observe(layer, x).map_err(located)?);
        }
        Tensor::concat(&outputs.iter().collect::<Vec<_>>(), self.axis)
    }
}

#[diagnostic::do_not_recommend]
impl Member for Concurrent {
    fn visit<'a>(&'a self, walk: &mut Walk<'a, '_>) {
        walk.enter(self);
        self.layers.visit(walk);
        walk.leave(self);
    }

    fn visit_mut(&mut self, walk: &mut WalkMut<'_>) {
        walk.enter("concurrent");
        self.layers.visit_mut(walk);
        walk.leave(self);
    }

    fn rebuild(&self, map: &mut dyn FnMut(&Parameter) -> Parameter) -> Concurrent {
        Concurrent { layers: self.layers.rebuild(map), axis: self.axis }
    }
}

#[diagnostic::do_not_recommend]
impl Replicate for Concurrent {}

#[diagnostic::do_not_recommend]
impl Block for Concurrent {
    fn hint(&self) -> &str {
        "concurrent"
    }

    fn type_name(&self) -> &str {
        "Concurrent"
    }
}

impl fmt::Debug for Concurrent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Concurrent of {} layers", self.len())
    }
}
