// A path that ends at plain data.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Encoder {
    units: usize,
    #[new(Dense::new(units))]
    layer: Dense,
}

#[derive(Block)]
struct Net {
    encoder: Encoder,
    #[new(3)]
    #[shared(encoder.units)]
    units: usize,
}

fn main() {}
