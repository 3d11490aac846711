// A raw pointer.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    layer: *const Dense,
}

fn main() {}
