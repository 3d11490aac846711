//! Looking into a [`Sequential`] and changing which layers it has.

use std::any::Any;
use std::ops::{Bound, Index, RangeBounds};

use super::Sequential;
use super::ties::{self, Tied};
use crate::block::{IntoLayer, Layer, Member};
use crate::error::{Error, Result};
use crate::parameter::Parameter;

/// The place of a layer: its index, or, if negative, counted from the end.
pub trait Position: Copy {
    /// The index among `len` layers; `None` if there is no such place.
    fn index(self, len: usize) -> Option<usize>;

    /// As it is written.
    fn text(self) -> String;
}

macro_rules! position {
    ($($ty:ty)*) => {$(
        impl Position for $ty {
            fn index(self, len: usize) -> Option<usize> {
                let index = self as i128;
                usize::try_from(if index < 0 { index + len as i128 } else { index }).ok()
            }

            fn text(self) -> String {
                self.to_string()
            }
        }
    )*};
}

position!(usize isize i32);

impl Sequential {
    /// The layer at `index`, if it is an `L`; `-1` is the last.
    pub fn get<L: Layer + 'static>(&self, index: impl Position) -> Option<&L> {
        let layer: &dyn Any = &**self.layers.get(index.index(self.len())?)?;
        layer.downcast_ref()
    }

    /// The layer at `index`, to be changed, if it is an `L`; `-1` is the last.
    pub fn get_mut<L: Layer + 'static>(&mut self, index: impl Position) -> Option<&mut L> {
        let index = index.index(self.len())?;
        let layer: &mut dyn Any = &mut **self.layers.get_mut(index)?;
        layer.downcast_mut()
    }

    /// Puts a layer before the one at `index`, or after all others if `index` is the number of
    /// layers. Later ones move up by one, and so do their names.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::{Block, nn::{Activation, Dense}, sequential};
    ///
    /// let mut net = sequential![Dense::new(8), Dense::new(2)];
    /// net.insert(1, Activation::Relu)?;
    /// assert_eq!(net[-1].tree(), "Dense(None -> 2, linear)");
    /// net.remove(1)?;
    /// net.replace(-1, Dense::new(3))?;
    /// assert_eq!(net.slice(1..)?.tree(), "Sequential(\n  (0): Dense(None -> 3, linear)\n)");
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::BadArgument`] if there is no such place.
    pub fn insert(&mut self, index: impl Position, layer: impl Layer + 'static) -> Result<()> {
        let place = index.index(self.len()).filter(|&place| place <= self.len());
        let place = place.ok_or_else(|| self.no_layer("insert", &index.text()))?;
        ties::shift(&mut self.ties, |known| known + usize::from(known >= place));
        self.layers.insert(place, layer.into_layer());
        Ok(())
    }

    /// Takes out the layer at `index`; later ones move down by one, and so do their names.
    ///
    /// Layers that were tied to it stay tied to each other.
    ///
    /// # Errors
    /// [`Error::BadArgument`] if there is no such layer.
    pub fn remove(&mut self, index: impl Position) -> Result<Box<dyn Layer>> {
        let place = self.place("remove", index)?;
        ties::forget(&mut self.ties, place);
        ties::shift(&mut self.ties, |known| known - usize::from(known > place));
        Ok(self.layers.remove(place))
    }

    /// Puts another layer in the place of the one at `index`, which is returned.
    ///
    /// Layers that were tied to the old one stay tied to each other.
    ///
    /// # Errors
    /// [`Error::BadArgument`] if there is no such layer.
    pub fn replace(
        &mut self,
        index: impl Position,
        layer: impl Layer + 'static,
    ) -> Result<Box<dyn Layer>> {
        let place = self.place("replace", index)?;
        ties::forget(&mut self.ties, place);
        Ok(std::mem::replace(&mut self.layers[place], layer.into_layer()))
    }

    /// A net of the layers in `range`, with the same parameters: training one trains the other.
    ///
    /// # Errors
    /// [`Error::BadArgument`] if the range does not lie within the layers.
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Result<Sequential> {
        let start = match range.start_bound() {
            Bound::Included(&start) => start,
            Bound::Excluded(&start) => start.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(&end) => end.saturating_add(1),
            Bound::Excluded(&end) => end,
            Bound::Unbounded => self.len(),
        };
        let Some(layers) = self.layers.get(start..end) else {
            return Err(self.no_layer("slice", &format!("{start}..{end}")));
        };
        let layers = layers.iter().map(|layer| layer.rebuild(&mut Parameter::share)).collect();
        let within = |tie: &&Tied| tie.source >= start && tie.layer < end;
        let mut ties: Vec<Tied> = self.ties.iter().filter(within).cloned().collect();
        ties::shift(&mut ties, |known| known - start);
        Ok(Sequential { layers, ties })
    }

    fn place(&self, op: &'static str, index: impl Position) -> Result<usize> {
        let place = index.index(self.len()).filter(|&place| place < self.len());
        place.ok_or_else(|| self.no_layer(op, &index.text()))
    }

    fn no_layer(&self, op: &'static str, index: &str) -> Error {
        Error::BadArgument {
            op,
            argument: "index",
            expected: "within the layers",
            found: format!("{index} for {} layers", self.len()),
        }
    }
}

/// The layer at an index; `-1` is the last.
///
/// # Panics
/// **If there is no such layer.**
impl<P: Position> Index<P> for Sequential {
    type Output = dyn Layer;

    #[track_caller]
    fn index(&self, index: P) -> &(dyn Layer + 'static) {
        match self.place("index", index) {
            Ok(place) => &*self.layers[place],
            Err(error) => panic!("{error}"),
        }
    }
}

impl<L: IntoLayer> Extend<L> for Sequential {
    fn extend<I: IntoIterator<Item = L>>(&mut self, layers: I) {
        self.layers.extend(layers.into_iter().map(L::into_layer));
    }
}

/// ```
/// # use gluon_core as gluon;
/// use gluon::nn::{Dense, Sequential};
///
/// let net: Sequential = [256, 64, 10].into_iter().map(Dense::new).collect();
/// assert_eq!(net.get::<Dense>(-1).map(Dense::units), Some(10));
/// ```
impl<L: IntoLayer> FromIterator<L> for Sequential {
    fn from_iter<I: IntoIterator<Item = L>>(layers: I) -> Sequential {
        let mut net = Sequential::new();
        net.extend(layers);
        net
    }
}

impl<'s> IntoIterator for &'s Sequential {
    type Item = &'s dyn Layer;
    type IntoIter = Box<dyn Iterator<Item = &'s dyn Layer> + 's>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::Block;
    use crate::nn::Dense;
    use crate::sequential;

    /// Dense layers of 1, 2, 3, .. units, of which the last three are one.
    #[allow(unused_imports)] // by the macro, which only the crate itself is told of
    fn net() -> Sequential {
        sequential![
            Dense::new(1),
            shared: Dense::new(2),
            #[shared(shared)] _,
            #[shared(shared)] _,
        ]
    }

    /// Which layer each one shares its weight with, by what the walk says; its own index if none.
    fn sources(net: &Sequential) -> Vec<usize> {
        let weight = |layer: &dyn Layer| layer.collect_params().get("weight").unwrap().share();
        let weights: Vec<Parameter> = net.iter().map(weight).collect();
        weights.iter().map(|w| weights.iter().position(|o| o.is_same(w)).unwrap()).collect()
    }

    #[test]
    fn ties_move_with_their_layers() {
        let mut net = net();
        net.insert(0, Dense::new(7)).unwrap();
        net.insert(3, Dense::new(7)).unwrap();
        assert_eq!(sources(&net), [0, 1, 2, 3, 2, 2]);
        // A tie that were declared between other layers would be broken, or tie them now.
        net.collect_params().check().unwrap();
        net.tie().unwrap();
        assert_eq!(sources(&net), [0, 1, 2, 3, 2, 2]);
    }

    #[test]
    fn what_was_tied_to_a_removed_layer_stays_tied() {
        for replace in [false, true] {
            let mut net = net();
            let old = if replace { net.replace(1, Dense::new(2)) } else { net.remove(1) };
            assert_eq!(old.unwrap().collect_params().len(), 2);
            let expected: &[usize] = if replace { &[0, 1, 2, 2] } else { &[0, 1, 1] };
            assert_eq!(sources(&net), expected);
            net = net.duplicate();
            net.tie().unwrap();
            assert_eq!(sources(&net), expected);
            assert_eq!(net.ties.len(), 1);
        }
    }

    /// The pairs of layers that are tied, the later first.
    fn tied(net: &Sequential) -> Vec<(usize, usize)> {
        net.ties.iter().map(|tie| (tie.layer, tie.source)).collect()
    }

    #[test]
    fn ties_keep_their_layers_when_one_before_them_is_removed() {
        let mut net = net();
        net.insert(2, Dense::new(7)).unwrap();
        assert_eq!(tied(&net), [(3, 1), (4, 1)]);
        net.remove(2).unwrap();
        assert_eq!(tied(&net), [(2, 1), (3, 1)]);
        net.remove(0).unwrap();
        assert_eq!(tied(&net), [(1, 0), (2, 0)]);
        net.remove(1).unwrap();
        assert_eq!(tied(&net), [(1, 0)], "what is tied may go as well");
    }

    #[test]
    fn a_slice_shares_the_parameters_and_the_ties_within() {
        let net = net();
        let slice = net.slice(1..3).unwrap();
        assert_eq!(tied(&slice), [(1, 0)]);
        assert!(!slice.is_empty());
        let bounds = (Bound::Excluded(0), Bound::Included(2));
        assert_eq!(tied(&net.slice(bounds).unwrap()), [(1, 0)]);
        let weight = |net: &Sequential, i: usize| net.get::<Dense>(i).unwrap().weight.share();
        assert!(weight(&slice, 0).is_same(&weight(&net, 1)));
        assert_eq!(sources(&slice), [0, 0]);
        assert_eq!(net.slice(..).unwrap().len(), 4);
        assert!(net.slice(4..).unwrap().is_empty());
    }

    #[test]
    fn a_layer_in_a_box_is_taken_out_of_it() {
        let boxed = |units| -> Box<dyn Layer> { Box::new(Dense::new(units)) };
        let mut net: Sequential = [boxed(1), boxed(2)].into_iter().collect();
        net.add(boxed(3));
        net.insert(3, boxed(4)).unwrap();
        net.extend([boxed(5)]);
        drop(net.replace(0, boxed(6)).unwrap());
        let units = |i| net.get::<Dense>(i).map(Dense::units);
        assert_eq!([0, 1, 2, 3, 4usize].map(units), [6, 2, 3, 4, 5].map(Some));
    }

    #[test]
    fn places_count_from_both_ends() {
        let mut net = net();
        assert_eq!(net.get::<Dense>(-4).map(Dense::units), Some(1));
        assert!(net.get::<Dense>(-5).is_none() && net.get::<Dense>(4usize).is_none());
        for error in [
            net.remove(4).err().unwrap(),
            net.replace(-5, Dense::new(1)).err().unwrap(),
            net.insert(5, Dense::new(1)).unwrap_err(),
            net.slice(2..5).unwrap_err(),
        ] {
            let text = error.to_string();
            assert!(text.ends_with("for 4 layers"), "{text}");
        }
        net.insert(4, Dense::new(9)).unwrap();
        assert_eq!(net.get::<Dense>(-1).map(Dense::units), Some(9));
        assert_eq!((&net).into_iter().count(), 5);
    }
}
