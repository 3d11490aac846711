// What is not an expression.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(let layer = 8)]
    layer: Dense,
    #[new(Dense::new(8) +)]
    other: Dense,
}

fn main() {}
