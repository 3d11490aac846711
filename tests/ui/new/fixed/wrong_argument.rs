// The constructor takes what nothing determines, in order, and nothing else.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    units: usize,
    #[new(Dense::new(units))]
    layer: Dense,
    #[shared(layer)]
    again: Dense,
}

fn build() -> Net {
    Net::new(3)
}

fn main() {}
