//! The nets of the comparison.

use gluon::init::{Initializer, from_fn};
use gluon::nn::{Conv2d, Dense, MaxPool2d, Sequential};
use gluon::prelude::*;

use crate::values::weight;

/// Layer `t`: from `inputs` to `units`, with ReLU unless it is the last.
fn dense(t: u32, inputs: usize, units: usize, last: bool) -> Result<Dense> {
    let mut layer = Dense::new(units).in_units(inputs).weight_init(weights(t, inputs));
    if !last {
        layer = layer.relu();
    }
    layer.initialize()?;
    Ok(layer)
}

/// The values of weight `t`, of which `fan_in` make one output.
fn weights(t: u32, fan_in: usize) -> impl Initializer {
    from_fn(move |target| {
        let weight = weight(t, target.values.len(), fan_in);
        target.values.iter_mut().zip(weight).for_each(|(value, w)| *value = f64::from(w));
        Ok(())
    })
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
        let weights = weights(t as u32, width);
        let mut layer = Dense::new(width).in_units(width).no_bias().weight_init(weights);
        layer.initialize()?;
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
    let layer = Conv2d::new(channels, 5).in_channels(inputs).padding(padding).relu();
    let mut layer = layer.weight_init(weights(100 + t, inputs * 25));
    layer.initialize()?;
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
