// An option that a field does not have.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[block(frozen)]
    layer: Dense,
}

fn main() {}
