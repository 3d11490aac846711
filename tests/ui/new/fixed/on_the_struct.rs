// `#[new(..)]` above the struct.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[block(new = build)]
struct Net {
    layer: Dense,
}

fn main() {}
