// A shared pointer instead of a declared tie.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    first: Dense,
    #[shared(first)]
    second: Dense,
}

fn main() {}
