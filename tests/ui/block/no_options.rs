// An attribute without any option.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[block]
struct Net {
    #[block()]
    layer: Dense,
}

fn main() {}
