// A source declared after the field that shares it.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[shared(hidden)]
    again: Dense,
    #[new(Dense::new(8))]
    hidden: Dense,
}

fn main() {}
