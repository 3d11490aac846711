// A raw pointer.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    layer: Box<Dense>,
}

fn main() {}
