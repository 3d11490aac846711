// The same option twice, in one attribute or in two.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[block(hint = "net", hint = "mlp")]
struct Net {
    #[block(name = "fc")]
    #[block(name = "fc1")]
    layer: Dense,
}

fn main() {}
