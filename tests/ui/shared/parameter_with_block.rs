// A single parameter tied to a whole block.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    hidden: Dense,
    #[new(Dense::new(8))]
    #[shared(weight = hidden)]
    again: Dense,
}

fn main() {}
