// `#[new]` without an expression.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    layer: Dense,
    #[new(Dense::new(8))]
    other: Dense,
}

fn main() {}
