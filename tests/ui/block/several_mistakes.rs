// Several mistakes in one struct: all are shown, and nothing follows on from them.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[block(hnt = "net")]
struct Net {
    #[new(Dense::new(8))]
    hidden: Dense,
    #[shared(hiden)]
    again: Dense,
    #[new]
    output: Dense,
    #[block(skipped)]
    cache: Vec<f32>,
}

fn build() -> Net {
    Net::new(Vec::new())
}

fn main() {}
