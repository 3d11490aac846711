// A box of another trait.

use gluon::prelude::*;

#[derive(Block)]
struct Net {
    layer: Box<dyn Layer>,
    other: Box<dyn Layer>,
}

fn main() {}
