// What is not an expression.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new({ let units = 8; Dense::new(units) })]
    layer: Dense,
    #[new(Dense::new(8))]
    other: Dense,
}

fn main() {}
