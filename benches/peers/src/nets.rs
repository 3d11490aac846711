//! The nets of the comparison.

use gluon::nn::{Conv2d, Dense, MaxPool2d, Sequential};
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

/// Layers without bias, as wide as their input.
pub fn square(layers: usize, width: usize) -> Result<Sequential> {
    let mut net = Sequential::new();
    for t in 0..layers {
        let layer = Dense::new(width).in_units(width).no_bias();
        let values = weight(t as u32, width * width, width);
        layer.weight.set_data(&Tensor::from_vec(values, [width, width])?)?;
        net.add(layer);
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

/// Convolution number `t`, with ReLU.
fn convolution(t: u32, inputs: usize, channels: usize, padding: usize) -> Result<Conv2d> {
    let mut layer = Conv2d::new(channels, 5).in_channels(inputs).padding(padding).relu();
    layer.initialize()?;
    let values = weight(100 + t, channels * inputs * 25, inputs * 25);
    layer.weight.set_data(&Tensor::from_vec(values, [channels, inputs, 5, 5])?)?;
    Ok(layer)
}

pub fn lenet() -> Result<Sequential> {
    let mut net = Sequential::new();
    net.add(convolution(0, 1, 6, 2)?);
    net.add(MaxPool2d::new(2));
    net.add(convolution(1, 6, 16, 0)?);
    net.add(MaxPool2d::new(2));
    net.add(dense(0, 400, 120, false)?);
    net.add(dense(1, 120, 84, false)?);
    net.add(dense(2, 84, 10, true)?);
    Ok(net)
}
