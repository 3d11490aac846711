// Several mistakes in one struct: all are shown, and nothing follows on from them.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[block(hint = "net")]
struct Net {
    #[new(Dense::new(8))]
    hidden: Dense,
    #[shared(hidden)]
    again: Dense,
    #[new(Dense::new(10))]
    output: Dense,
    #[block(skip)]
    cache: Vec<f32>,
}

fn build() -> Net {
    Net::new(Vec::new())
}

fn main() {}
