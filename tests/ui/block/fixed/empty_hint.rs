// A hint that no name could begin with.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[block(hint = "net")]
struct Net {
    layer: Dense,
}

#[derive(Block)]
#[block(hint = "my_net")]
struct Other {
    layer: Dense,
}

fn main() {}
