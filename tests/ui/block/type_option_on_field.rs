// An option of the struct on a field.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[block(hint = "net")]
    layer: Dense,
}

fn main() {}
