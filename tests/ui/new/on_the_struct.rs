// `#[new(..)]` above the struct.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[new(build)]
struct Net {
    layer: Dense,
}

fn main() {}
