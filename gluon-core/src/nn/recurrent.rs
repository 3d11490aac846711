//! Recurrent layers and cells.
//!
//! The input's part of the gates is one product for all steps; what a step adds to it depends on
//! the step before.

mod cell;
mod direction;
mod layer;

pub use cell::{GruCell, LstmCell, RnnCell};
pub use layer::{Gru, Lstm, Rnn};

use crate::error::{Error, Result};
use crate::init::Zero;
use crate::ops::dense::dense;
use crate::ops::recurrent::{Cell, recurrent};
use crate::parameter::Parameter;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// The sizes of the weights from the input and from the state before, and of their biases.
fn parameters(cell: Cell, units: usize, in_units: usize) -> [Parameter; 4] {
    let width = cell.gates() * units;
    [
        Parameter::new([width, in_units]),
        Parameter::new([width, units]),
        Parameter::new(width).with_init(Zero),
        Parameter::new(width).with_init(Zero),
    ]
}

/// How a sequence is run through.
struct Run {
    op: &'static str,
    cell: Cell,
    units: usize,
    reverse: bool,
}

impl Run {
    /// The outputs of all steps. With `after`, that gets the states after the last: the output and,
    /// if the cell has one, the memory.
    ///
    /// # Shapes
    /// `x: [steps, batch, in_units]`, states `[batch, units]` → `[steps, batch, units]`
    fn over(
        &self,
        x: &Tensor,
        states: &[Tensor],
        parameters: [&Parameter; 4],
        after: Option<&mut Vec<Tensor>>,
    ) -> Result<Tensor> {
        let Run { op, cell, units, reverse } = *self;
        let &[steps, batch, in_units] = x.shape().dims() else {
            let expected = "[steps, batch, in_units]";
            return Err(Error::BadShape { op, expected, found: *x.shape() });
        };
        if steps == 0 {
            let expected = "at least one step";
            return Err(Error::BadShape { op, expected, found: *x.shape() });
        }
        let width = cell.gates() * units;
        let i2h_weight = parameters[0].data_with_shape([width, in_units]);
        let i2h_weight = i2h_weight.map_err(|error| error.of_input(x.shape()))?;
        let [h2h_weight, i2h_bias, h2h_bias] = [1, 2, 3].map(|i| parameters[i].data());
        let flat = x.reshape([steps * batch, in_units])?;
        let gates = dense(&flat, &i2h_weight, Some(&i2h_bias?), None)?;
        let gates = gates.reshape([steps, batch, width])?;
        let weights = [&h2h_weight?, &h2h_bias?];
        let all = recurrent(op, cell, reverse, &gates, states, weights)?;
        if let Some(after) = after {
            let last = if reverse { 0 } else { steps - 1 };
            for place in [last, steps].into_iter().take(cell.states()) {
                after.push(all.select(0, place)?);
            }
        }
        if cell.has_memory() { all.slice(0, ..steps) } else { Ok(all) }
    }
}

/// A state of zeros for `x`.
fn zeros(shape: impl Into<Shape>, x: &Tensor) -> Tensor {
    Tensor::full(shape, 0.0, x.dtype()).with_device(x.device())
}

/// As many states as the cell has.
fn check(op: &'static str, cell: Cell, states: &[Tensor]) -> Result<()> {
    let expected = if cell.has_memory() { "two: output and memory" } else { "one: the output" };
    if states.len() == cell.states() {
        return Ok(());
    }
    Err(Error::BadArgument { op, argument: "states", expected, found: states.len().to_string() })
}
