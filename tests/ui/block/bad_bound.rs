// A bound that is not what follows `where`.

use gluon::prelude::*;

#[derive(Block)]
#[block(bound = "T Layer")]
struct Net<T> {
    layer: T,
}

fn main() {}
