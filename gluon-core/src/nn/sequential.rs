//! Sequential: layers one after another.

mod doorway;
mod edit;
mod layers;
mod ties;

use std::fmt;

use crate::block::{
    Block, Forward, IntoLayer, Layer, Member, Replicate, Walk, WalkMut, locate_member, observe,
};
use crate::error::Result;
use crate::parameter::Parameter;
use crate::tensor::Tensor;
pub use edit::Position;
#[doc(hidden)]
pub use layers::{Layers, Members};
use ties::Tied;

/// Layers applied in order, each to the output of the one before.
///
/// [`sequential!`](crate::sequential) makes one, with ties checked by the compiler; layers
/// can be added at run time too. Structural names are the indices: `0.weight`, `1.weight`. An
/// empty one is the identity.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Block, Forward, Tensor, nn::{Dense, Sequential}};
///
/// let mut net = Sequential::new();
/// net.add(Dense::new(8).relu());
/// net.add(Dense::new(2));
/// net.initialize()?;
/// assert_eq!(net.forward(&Tensor::ones([5, 3]))?.shape(), [5, 2]);
/// assert_eq!(net.get::<Dense>(0).map(Dense::units), Some(8));
/// # Ok::<(), gluon::Error>(())
/// ```
#[derive(Default)]
pub struct Sequential {
    layers: Vec<Box<dyn Layer>>,
    /// Between a layer and an earlier one, in the order of their declaration.
    ties: Vec<Tied>,
}

impl Sequential {
    /// No layers yet.
    pub fn new() -> Sequential {
        Sequential::default()
    }

    /// Adds a layer after the others. One in a `Box<dyn Layer>` is taken out of it.
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

    /// The layers in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &dyn Layer> + ExactSizeIterator {
        self.layers.iter().map(|layer| &**layer)
    }

    /// The layers in order, to be changed.
    pub fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Box<dyn Layer>> {
        self.layers.iter_mut()
    }
}

impl Forward for Sequential {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let Some((first, rest)) = self.layers.split_first() else { return Ok(x.clone()) };
        let locate = |error, index| locate_member(error, self, index);
        let mut y = observe(first, x).map_err(|error| locate(error, 0))?;
        for (before, layer) in rest.iter().enumerate() {
            y = observe(layer, &y).map_err(|error| locate(error, before + 1))?;
        }
        Ok(y)
    }
}

#[diagnostic::do_not_recommend]
impl Member for Sequential {
    fn visit<'a>(&'a self, walk: &mut Walk<'a, '_>) {
        walk.enter(self);
        for (index, layer) in self.layers.iter().enumerate() {
            walk.member(&index.to_string(), layer);
            for tie in self.ties.iter().filter(|tie| tie.layer == index) {
                tie.visit(&self.layers, walk);
            }
        }
        walk.leave(self);
    }

    fn visit_mut(&mut self, walk: &mut WalkMut<'_>) {
        walk.enter("sequential");
        for index in 0..self.layers.len() {
            for tie in self.ties.iter().filter(|tie| tie.layer == index) {
                tie.visit_mut(&mut self.layers, walk);
            }
            walk.member(&index.to_string(), &mut self.layers[index]);
        }
        walk.leave(self);
    }

    fn rebuild(&self, map: &mut dyn FnMut(&Parameter) -> Parameter) -> Sequential {
        let layers = self.layers.iter().map(|layer| layer.rebuild(map)).collect();
        Sequential { layers, ties: self.ties.clone() }
    }
}

#[diagnostic::do_not_recommend]
impl Replicate for Sequential {}

#[diagnostic::do_not_recommend]
impl Block for Sequential {
    fn hint(&self) -> &str {
        "sequential"
    }

    fn type_name(&self) -> &str {
        "Sequential"
    }
}

/// The [tree](Block::tree) of its layers.
impl fmt::Display for Sequential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.tree())
    }
}

impl fmt::Debug for Sequential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sequential of {} layers", self.len())
    }
}
