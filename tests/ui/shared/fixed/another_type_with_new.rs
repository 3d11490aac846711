// A source of another type than the field, which has an expression of its own.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Wide {
    layer: Dense,
}

#[derive(Block)]
struct Net {
    wide: Wide,
    #[new(Dense::new(8))]
    #[shared(wide.layer)]
    again: Dense,
}

fn main() {}
