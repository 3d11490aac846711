// Two members that would have the same name in a file.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[block(name = "hidden")]
    first: Dense,
    output: Dense,
}

fn main() {}
