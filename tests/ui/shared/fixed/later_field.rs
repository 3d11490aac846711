// A source declared after the field that shares it.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    hidden: Dense,
    #[shared(hidden)]
    again: Dense,
}

fn main() {}
