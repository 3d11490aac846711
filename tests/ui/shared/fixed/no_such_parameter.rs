// A parameter that the source, or the field, does not have.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    hidden: Dense,
    #[new(Dense::new(8))]
    #[shared(weight = hidden.weight)]
    again: Dense,
    #[new(Dense::new(8))]
    #[shared(weight = hidden.weight)]
    more: Dense,
}

fn main() {}
