// A source as an expression instead of a name.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    hidden: Dense,
    #[shared(hidden)]
    again: Dense,
    #[shared(hidden)]
    more: Dense,
    #[shared(hidden)]
    most: Dense,
}

fn main() {}
