// A parameter tied on its own, and once more with the block that it is in.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Encoder {
    #[new(Dense::new(8))]
    layer: Dense,
}

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    hidden: Dense,
    #[new(Encoder::new())]
    #[shared(layer = hidden)]
    encoder: Encoder,
}

fn main() {}
