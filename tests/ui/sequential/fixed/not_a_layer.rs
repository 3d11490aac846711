// What is not a layer.

use gluon::nn::{Dense, Lambda, Sequential};
use gluon::prelude::*;

#[derive(Block)]
#[block(sequential)]
struct Encoder {
    layer: Dense,
}

fn build(encoder: Encoder) -> Sequential {
    sequential![Dense::new(8), encoder, Dense::new(10), Lambda::new("square", |x| x.square())]
}

fn main() {}
