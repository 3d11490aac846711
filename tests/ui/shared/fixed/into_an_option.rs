// A path through an `Option`, which might have nothing to share.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    hidden: Dense,
    #[new(Dense::new(8))]
    #[shared(weight = hidden.weight)]
    again: Dense,
}

fn main() {}
