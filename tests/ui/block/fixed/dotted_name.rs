// A name that could not stand in a path.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[block(name = "fc1")]
    first: Dense,
    #[block(name = "fc2")]
    second: Dense,
    #[block(name = "the_third")]
    third: Dense,
}

fn main() {}
