// `#[shared]` without a source.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    hidden: Dense,
    #[shared]
    again: Dense,
    #[shared()]
    more: Dense,
}

fn main() {}
