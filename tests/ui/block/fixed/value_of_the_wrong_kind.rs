// A value that is not of the kind an option takes.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[block(hint = "net", new = build, crate = ::gluon)]
struct Net {
    #[block(name = "1")]
    layer: Dense,
}

fn main() {}
