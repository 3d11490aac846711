// An option that needs a value, without one.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[block(hint, crate)]
struct Net {
    #[block(name)]
    layer: Dense,
}

fn main() {}
