// A tie of a field that is not a member.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    hidden: Dense,
    #[block(skip)]
    #[shared(hidden)]
    again: Dense,
}

fn main() {}
