// A source of another type.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    first: Dense,
    #[shared(first)]
    again: Dense,
}

fn main() {}
