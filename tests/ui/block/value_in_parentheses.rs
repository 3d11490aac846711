// A value in parentheses instead of after `=`.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[block(hint("net"))]
struct Net {
    layer: Dense,
}

fn main() {}
