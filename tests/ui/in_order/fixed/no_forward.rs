// A member without `forward` in a `#[block(sequential)]` struct.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[block(sequential)]
struct Encoder {
    layer: Dense,
}

#[derive(Block)]
#[block(sequential)]
struct Net {
    encoder: Encoder,
    heads: Vec<Encoder>,
}

fn main() {}
