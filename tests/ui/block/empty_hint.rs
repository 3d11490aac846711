// A hint that no name could begin with.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[block(hint = "")]
struct Net {
    layer: Dense,
}

#[derive(Block)]
#[block(hint = "my.net")]
struct Other {
    layer: Dense,
}

fn main() {}
