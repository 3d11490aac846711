// An attribute without any option.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    layer: Dense,
}

fn main() {}
