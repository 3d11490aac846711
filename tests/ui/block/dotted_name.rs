// A name that could not stand in a path.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[block(name = "fc.1")]
    first: Dense,
    #[block(name = "")]
    second: Dense,
    #[block(name = "the third")]
    third: Dense,
}

fn main() {}
