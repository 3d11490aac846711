// A box of another trait.

use gluon::prelude::*;

#[derive(Block)]
struct Net {
    layer: Box<dyn Forward>,
    other: Box<dyn Layer + Send>,
}

fn main() {}
