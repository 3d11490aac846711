// A parameter that is shared is still a parameter, and has no `forward`.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[block(sequential)]
struct Net {
    #[new(Dense::new(8))]
    layer: Dense,
    #[new(Dense::new(8))]
    #[shared(weight = layer.weight)]
    again: Dense,
}

fn main() {}
