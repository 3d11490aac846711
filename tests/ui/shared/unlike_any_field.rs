// A source that is like no field at all.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    hidden: Dense,
    #[shared(embedding)]
    again: Dense,
}

fn main() {}
