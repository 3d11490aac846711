//! Recurrent layers: whole sequences, several layers, either direction.

use std::sync::Arc;

use gluon_macros::Block;

use super::direction::Passes;
use super::{Run, check, parameters, zeros};
use crate::block::Forward;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::init::Initializer;
use crate::nn::Dropout;
use crate::nn::print::size;
use crate::ops::recurrent::Cell;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// The settings of a recurrent layer.
#[derive(Clone, Debug)]
struct Settings {
    op: &'static str,
    cell: Cell,
    units: usize,
    in_units: usize,
    layers: usize,
    bidirectional: bool,
    batch_first: bool,
    dropout: f64,
    dtype: DType,
    /// That of the weights, where they have one of their own.
    init: Option<Arc<dyn Initializer>>,
}

impl Settings {
    fn new(op: &'static str, cell: Cell, units: usize) -> Settings {
        let (bidirectional, batch_first) = (false, false);
        Settings {
            op,
            cell,
            units,
            in_units: 0,
            layers: 1,
            bidirectional,
            batch_first,
            dropout: 0.0,
            dtype: DType::F32,
            init: None,
        }
    }

    fn directions(&self) -> usize {
        1 + usize::from(self.bidirectional)
    }

    /// The parameters that these settings ask for.
    fn build(&self) -> Vec<Passes> {
        let above = self.units * self.directions();
        let in_units = |layer| if layer == 0 { self.in_units } else { above };
        let parameters = |layer| {
            let all = parameters(self.cell, self.units, in_units(layer));
            all[..2].iter().for_each(|weight| weight.set_init(self.init.clone()));
            all.map(|parameter| parameter.with_dtype(self.dtype))
        };
        let passes = |layer| Passes::new(self.directions(), || parameters(layer));
        (0..self.layers).map(passes).collect()
    }

    fn line(&self, name: &str, layers: &[Passes]) -> String {
        let first = layers.first().and_then(|layer| layer.0.first());
        let inputs = size(first.map_or(0, |pass| pass.parameters[0].shape()[1]));
        let layout = if self.batch_first { "NTC" } else { "TNC" };
        let mut line = format!("{name}({inputs} -> {}, {layout}", self.units);
        if self.layers != 1 {
            line += &format!(", num_layers={}", self.layers);
        }
        if self.dropout != 0.0 {
            line += &format!(", dropout={}", self.dropout);
        }
        if self.bidirectional {
            line += ", bidirectional";
        }
        line + ")"
    }

    /// The outputs and, if states are given, those after the last step.
    fn run(
        &self,
        layers: &[Passes],
        x: &Tensor,
        states: Option<&[Tensor]>,
    ) -> Result<(Tensor, Vec<Tensor>)> {
        let Settings { op, cell, units, .. } = *self;
        if x.rank() != 3 {
            let expected = match self.batch_first {
                true => "[batch, steps, in_units]",
                false => "[steps, batch, in_units]",
            };
            return Err(Error::BadShape { op, expected, found: *x.shape() });
        }
        if layers.is_empty() {
            let (argument, expected) = ("layers", "at least one");
            return Err(Error::BadArgument { op, argument, expected, found: "none".to_owned() });
        }
        let mut y = if self.batch_first { x.permute(&[1, 0, 2])? } else { x.clone() };
        let batch = y.shape()[1];
        let places = self.layers * self.directions();
        let shape = [places, batch, units];
        if let Some(states) = states {
            check(op, cell, states)?;
            if let Some(state) = states.iter().find(|state| *state.shape() != shape) {
                let expected = "of shape [layers · directions, batch, units]";
                let found = format!("{} for {}", state.shape(), Shape::from(shape));
                return Err(Error::BadArgument { op, argument: "states", expected, found });
            }
        }
        let zero = zeros([batch, units], x);
        let mut before = [zero.clone(), zero];
        let mut after = states.map(|_| Vec::with_capacity(places * cell.states()));
        for (index, layer) in layers.iter().enumerate() {
            if index > 0 && self.dropout > 0.0 {
                y = Dropout::new(self.dropout).forward(&y)?;
            }
            let mut outputs = None;
            for (direction, pass) in layer.0.iter().enumerate() {
                let place = index * self.directions() + direction;
                for (own, state) in before.iter_mut().zip(states.into_iter().flatten()) {
                    *own = state.select(0, place)?;
                }
                let run = Run { op, cell, units, reverse: pass.reverse };
                let (own, parameters) = (&before[..cell.states()], pass.parameters.each_ref());
                let output = run.over(&y, own, parameters, after.as_mut());
                let output = match index {
                    0 => output.map_err(|error| error.of_input(x.shape()))?,
                    _ => output?,
                };
                outputs = Some(match outputs {
                    Some(forwards) => Tensor::concat(&[&forwards, &output], -1)?,
                    None => output,
                });
            }
            y = outputs.unwrap_or(y);
        }
        if self.batch_first {
            y = y.permute(&[1, 0, 2])?;
        }
        let Some(after) = after else { return Ok((y, Vec::new())) };
        let stack = |state| {
            let each = after.iter().skip(state).step_by(cell.states());
            Tensor::concat(&each.collect::<Vec<_>>(), 0)?.reshape(shape)
        };
        Ok((y, (0..cell.states()).map(stack).collect::<Result<_>>()?))
    }
}

/// Defines a layer of one kind of cell.
macro_rules! layers {
    ($($(#[$doc:meta])* $name:ident $gluon:literal $op:literal $cell:ident: $states:literal)*) => {$(
        $(#[$doc])*
        ///
        /// # Shapes
        /// `x: [steps, batch, in_units]` → `[steps, batch, units]`, or, with
        #[doc = concat!("[`batch_first`](", stringify!($name), "::batch_first), `[batch, steps, in_units]` → `[batch, steps, units]`;")]
        /// `2 · units` if bidirectional: forwards, then backwards.
        #[doc = $states]
        ///
        /// # Initial values
        /// The biases, of which there are two for each gate as in Gluon, are 0, the weights what
        /// the model's `initialize` says.
        ///
        /// # Errors
        /// `forward` returns [`Error::BadShape`] if `x` has another number of axes or no steps,
        /// [`Error::InputShape`] if it has another number of inputs than before, and
        /// [`Error::BadArgument`] if there are no layers.
        #[derive(Block, Debug)]
        #[block(describe = $name::line)]
        pub struct $name {
            #[block(name = "_unfused")]
            layers: Vec<Passes>,
            #[block(skip)]
            settings: Settings,
        }

        impl $name {
            /// A layer of so many units, forwards in time.
            pub fn new(units: usize) -> $name {
                $name::built(Settings::new($op, Cell::$cell, units))
            }

            fn built(settings: Settings) -> $name {
                $name { layers: settings.build(), settings }
            }

            /// The same layer for a known number of inputs, so that `initialize` can draw its
            /// weights at once.
            pub fn in_units(mut self, in_units: usize) -> $name {
                self.settings.in_units = in_units;
                $name::built(self.settings)
            }

            /// So many layers, each on the outputs of the one before.
            pub fn layers(mut self, layers: usize) -> $name {
                self.settings.layers = layers;
                $name::built(self.settings)
            }

            /// The same layer with a second pass, backwards in time, beside the first.
            pub fn bidirectional(mut self) -> $name {
                self.settings.bidirectional = true;
                $name::built(self.settings)
            }

            /// The same layer for inputs `[batch, steps, in_units]`.
            pub fn batch_first(mut self) -> $name {
                self.settings.batch_first = true;
                self
            }

            /// The same layer with [`Dropout`] of this rate between its layers.
            pub fn dropout(mut self, rate: f64) -> $name {
                self.settings.dropout = rate;
                self
            }

            /// The same layer with an initializer for its weights.
            pub fn weight_init(mut self, init: impl Initializer + 'static) -> $name {
                self.settings.init = Some(Arc::new(init));
                $name::built(self.settings)
            }

            /// The same layer with parameters of type `dtype`.
            pub fn dtype(mut self, dtype: DType) -> $name {
                self.settings.dtype = dtype;
                $name::built(self.settings)
            }

            /// The number of units in one direction.
            pub fn units(&self) -> usize {
                self.settings.units
            }

            /// States of zeros for an input `x` of the layer.
            ///
            /// # Errors
            /// [`Error::BadShape`] if `x` does not have three axes.
            pub fn begin_state(&self, x: &Tensor) -> Result<Vec<Tensor>> {
                let Settings { op, cell, units, layers, batch_first, .. } = self.settings;
                let &[first, second, _] = x.shape().dims() else {
                    let expected = "three axes";
                    return Err(Error::BadShape { op, expected, found: *x.shape() });
                };
                let batch = if batch_first { first } else { second };
                let zero = zeros([layers * self.settings.directions(), batch, units], x);
                Ok(vec![zero; cell.states()])
            }

            /// The outputs from the given states on, and the states after the last step.
            ///
            /// # Errors
            /// As for `forward`, and [`Error::BadArgument`] if the states are not as many, or not of
            /// the shape, that the layer has.
            pub fn forward_from(&self, x: &Tensor, states: &[Tensor]) -> Result<(Tensor, Vec<Tensor>)> {
                self.settings.run(&self.layers, x, Some(states))
            }

            fn line(&self) -> String {
                self.settings.line($gluon, &self.layers)
            }
        }

        impl Forward for $name {
            fn forward(&self, x: &Tensor) -> Result<Tensor> {
                Ok(self.settings.run(&self.layers, x, None)?.0)
            }
        }
    )*};
}

layers! {
    /// Elman's recurrent layer: `hₜ = act(W·xₜ + b + U·hₜ₋₁ + b′)`, with the larger of that and 0 as
    /// in Gluon, or [`tanh`](Rnn::tanh).
    ///
    /// # Source
    /// Elman, *Finding Structure in Time*, Cognitive Science 14(2), 1990.
    Rnn "RNN" "rnn" Relu: "There is one state: `h: [layers · directions, batch, units]`."
    /// Long short-term memory: with gates `i, f, g, o = W·xₜ + b + U·hₜ₋₁ + b′`,
    /// `cₜ = σ(f)·cₜ₋₁ + σ(i)·tanh(g)` and `hₜ = σ(o)·tanh(cₜ)`.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::{Block, Forward, Tensor, nn::Lstm};
    ///
    /// let mut layer = Lstm::new(5).layers(2).bidirectional();
    /// layer.initialize()?;
    /// let x = Tensor::ones([7, 3, 4]);                        // steps, batch, in_units
    /// assert_eq!(layer.forward(&x)?.shape(), [7, 3, 10]);
    /// let (_, states) = layer.forward_from(&x, &layer.begin_state(&x)?)?;
    /// assert_eq!(states[0].shape(), [4, 3, 5]);
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Source
    /// Hochreiter & Schmidhuber, *Long Short-Term Memory*, Neural Computation 9(8), 1997; Gers et
    /// al., *Learning to Forget*, 2000.
    Lstm "LSTM" "lstm" Lstm: "There are two states, `h` and `c: [layers · directions, batch, units]`."
    /// Gated recurrent units: with gates `r, z`, `n = tanh(W·xₜ + b + σ(r)·(U·hₜ₋₁ + b′))` and
    /// `hₜ = (1 − σ(z))·n + σ(z)·hₜ₋₁`.
    ///
    /// # Source
    /// Cho et al., *Learning Phrase Representations using RNN Encoder–Decoder*, EMNLP 2014, with the
    /// reset gate after the product as in cuDNN.
    Gru "GRU" "gru" Gru: "There is one state: `h: [layers · directions, batch, units]`."
}

impl Rnn {
    /// The same layer with the hyperbolic tangent.
    pub fn tanh(mut self) -> Rnn {
        self.settings.cell = Cell::Tanh;
        self
    }
}
