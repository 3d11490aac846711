// What is not a layer.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

#[derive(Block)]
struct Encoder {
    layer: Dense,
}

fn build(encoder: Encoder) -> Sequential {
    sequential![Dense::new(8), encoder, 10, |x: &Tensor| x.square()]
}

fn main() {}
