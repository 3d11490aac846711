// `#[new]` without an expression.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new]
    layer: Dense,
    #[new()]
    other: Dense,
}

fn main() {}
