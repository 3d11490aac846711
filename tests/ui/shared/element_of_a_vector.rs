// An element of a container, which has no name that the compiler could check.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(vec![Dense::new(8), Dense::new(8)])]
    layers: Vec<Dense>,
    #[shared(layers[0])]
    again: Dense,
}

fn main() {}
