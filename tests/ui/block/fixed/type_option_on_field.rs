// An option of the struct on a field.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[block(hint = "net")]
struct Net {
    layer: Dense,
}

fn main() {}
