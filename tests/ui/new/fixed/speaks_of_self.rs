// `self`, which the constructor does not have yet.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    units: usize,
    #[new(Dense::new(units))]
    layer: Dense,
}

#[derive(Block)]
struct Pair(usize, #[new(Dense::new(_0))] Dense);

fn main() {}
