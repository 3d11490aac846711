// An expression of another type than the field.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8).units())]
    layer: Dense,
}

fn main() {}
