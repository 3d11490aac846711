// A tensor, which has no name.

use gluon::prelude::*;

#[derive(Block)]
struct Net {
    weight: Tensor,
    mean: Tensor,
    scratch: Tensor,
}

fn main() {}
