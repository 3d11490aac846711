// `new` and `shared` as options: they are attributes of their own.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(10))]
    layer: Dense,
    #[shared(layer)]
    again: Dense,
}

fn main() {}
