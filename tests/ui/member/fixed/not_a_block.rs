// A type that does not derive `Block`.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Encoder {
    layer: Dense,
}

#[derive(Block)]
struct Net {
    encoder: Encoder,
    more: Vec<Encoder>,
}

fn main() {}
