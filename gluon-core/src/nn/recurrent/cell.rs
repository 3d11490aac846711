//! Recurrent cells: one step at a time.

use gluon_macros::Block;

use super::{Run, check, parameters, zeros};
use crate::error::{Error, Result};
use crate::nn::print::size;
use crate::ops::recurrent::Cell;
use crate::parameter::Parameter;
use crate::tensor::Tensor;

/// Defines a cell of one kind.
macro_rules! cells {
    ($($(#[$doc:meta])* $name:ident $gluon:literal $hint:literal $op:literal $cell:ident $layer:ident)*) => {$(
        $(#[$doc])*
        ///
        #[doc = concat!("The formulas are those of [`", stringify!($layer), "`](super::", stringify!($layer), ").")]
        #[derive(Block, Debug)]
        #[block(hint = $hint, describe = $name::line)]
        pub struct $name {
            /// `[gates · units, in_units]`
            pub i2h_weight: Parameter,
            /// `[gates · units, units]`
            pub h2h_weight: Parameter,
            /// `[gates · units]`
            pub i2h_bias: Parameter,
            /// `[gates · units]`
            pub h2h_bias: Parameter,
            #[block(skip)]
            cell: Cell,
        }

        impl $name {
            /// A cell of so many units, whose number of inputs the first step tells.
            pub fn new(units: usize) -> $name {
                let cell = Cell::$cell;
                let [i2h_weight, h2h_weight, i2h_bias, h2h_bias] = parameters(cell, units, 0);
                $name { i2h_weight, h2h_weight, i2h_bias, h2h_bias, cell }
            }

            /// The same cell for a known number of inputs.
            pub fn in_units(mut self, in_units: usize) -> $name {
                let width = self.i2h_weight.shape()[0];
                self.i2h_weight = self.i2h_weight.shaped([width, in_units]);
                self
            }

            /// The number of units.
            pub fn units(&self) -> usize {
                self.h2h_weight.shape()[1]
            }

            /// States of zeros for a batch `x: [.., batch, in_units]`.
            ///
            /// # Errors
            /// [`Error::BadShape`] if `x` has fewer than two axes.
            pub fn begin_state(&self, x: &Tensor) -> Result<Vec<Tensor>> {
                let [.., batch, _] = x.shape().dims() else {
                    let expected = "[.., batch, in_units]";
                    return Err(Error::BadShape { op: $op, expected, found: *x.shape() });
                };
                Ok(vec![zeros([*batch, self.units()], x); self.cell.states()])
            }

            /// One step: the output, and the states after it, whose first is the output.
            ///
            /// # Shapes
            /// `x: [batch, in_units]`, states `[batch, units]` → `[batch, units]`
            ///
            /// # Errors
            /// As for [`unroll`](Self::unroll).
            pub fn step(&self, x: &Tensor, states: &[Tensor]) -> Result<(Tensor, Vec<Tensor>)> {
                let (y, states) = self.unroll(&x.expand_dims(0)?, states)?;
                Ok((y.squeeze(0)?, states))
            }

            /// All steps of a sequence: the outputs, and the states after the last.
            ///
            /// # Shapes
            /// `x: [steps, batch, in_units]`, states `[batch, units]` → `[steps, batch, units]`
            ///
            /// # Errors
            /// [`Error::BadShape`] if `x` has another number of axes or no steps,
            /// [`Error::InputShape`] if it has another number of inputs than before,
            /// [`Error::BadArgument`] or [`Error::ShapeMismatch`] if the states are not as many, or
            /// not of the shape, that the cell has.
            pub fn unroll(&self, x: &Tensor, states: &[Tensor]) -> Result<(Tensor, Vec<Tensor>)> {
                check($op, self.cell, states)?;
                let run = Run { op: $op, cell: self.cell, units: self.units(), reverse: false };
                let $name { i2h_weight, h2h_weight, i2h_bias, h2h_bias, .. } = self;
                let parameters = [i2h_weight, h2h_weight, i2h_bias, h2h_bias];
                let mut after = Vec::with_capacity(self.cell.states());
                let y = run.over(x, states, parameters, Some(&mut after))?;
                Ok((y, after))
            }

            fn line(&self) -> String {
                let shape = self.i2h_weight.shape();
                format!(concat!($gluon, "({} -> {})"), size(shape[1]), shape[0])
            }
        }
    )*};
}

cells! {
    /// One step of Elman's recurrent layer, with the hyperbolic tangent unless it is
    /// [`relu`](RnnCell::relu).
    RnnCell "RNNCell" "rnn" "rnn_cell" Tanh Rnn
    /// One step of long short-term memory; its states are the output and the memory.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::{Block, Tensor, nn::LstmCell};
    ///
    /// let mut cell = LstmCell::new(5);
    /// cell.initialize()?;
    /// let x = Tensor::ones([3, 4]);                           // batch, in_units
    /// let (y, states) = cell.step(&x, &cell.begin_state(&x)?)?;
    /// assert_eq!((y.shape(), states.len()), (&[3, 5].into(), 2));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    LstmCell "LSTMCell" "lstm" "lstm_cell" Lstm Lstm
    /// One step of a layer of gated recurrent units.
    GruCell "GRUCell" "gru" "gru_cell" Gru Gru
}

impl RnnCell {
    /// The same cell with the larger of its sum and 0.
    pub fn relu(mut self) -> RnnCell {
        self.cell = Cell::Relu;
        self
    }
}
