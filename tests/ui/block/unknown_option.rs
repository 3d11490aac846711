// An option that `#[block(..)]` does not know; a near one is suggested.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[block(sequental)]
struct Net {
    layer: Dense,
}

fn main() {}
