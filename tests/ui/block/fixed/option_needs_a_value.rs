// An option that needs a value, without one.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[block(hint = "net", crate = ::gluon)]
struct Net {
    #[block(name = "fc1")]
    layer: Dense,
}

fn main() {}
