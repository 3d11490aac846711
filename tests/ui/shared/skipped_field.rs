// A source that is not a member.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[block(skip)]
    #[new(Dense::new(8))]
    cache: Dense,
    #[shared(cache)]
    again: Dense,
}

fn main() {}
