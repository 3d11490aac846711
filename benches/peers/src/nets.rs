//! The nets of the comparison.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

use crate::values::weight;

/// Layer `t`: from `inputs` to `units`, with ReLU unless it is the last.
fn dense(t: u32, inputs: usize, units: usize, last: bool) -> Result<Dense> {
    let mut layer = Dense::new(units).in_units(inputs);
    if !last {
        layer = layer.relu();
    }
    layer.initialize()?;
    layer
        .weight
        .set_data(&Tensor::from_vec(weight(t, inputs * units, inputs), [units, inputs])?)?;
    Ok(layer)
}

/// Dense layers of these widths.
pub fn chain(widths: &[usize]) -> Result<Sequential> {
    let mut net = Sequential::new();
    for (t, sizes) in widths.windows(2).enumerate() {
        net.add(dense(t as u32, sizes[0], sizes[1], t + 2 == widths.len())?);
    }
    Ok(net)
}

/// Four layers of which the second and the third are one.
#[derive(Block)]
#[block(sequential)]
pub struct Tied {
    first: Dense,
    shared: Dense,
    #[shared(shared)]
    again: Dense,
    last: Dense,
}

pub fn tied() -> Result<Tied> {
    Ok(Tied::new(dense(0, 20, 8, false)?, dense(1, 8, 8, false)?, dense(2, 8, 10, true)?))
}
