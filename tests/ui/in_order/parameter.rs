// A parameter of its own in a `#[block(sequential)]` struct.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[block(sequential)]
struct Net {
    layer: Dense,
    scale: Parameter,
}

fn main() {}
