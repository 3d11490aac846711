// An element of a container, which has no name that the compiler could check.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    first: Dense,
    #[new(vec![Dense::new(8)])]
    layers: Vec<Dense>,
    #[shared(first)]
    again: Dense,
}

fn main() {}
