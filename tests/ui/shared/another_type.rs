// A source of another type.

use gluon::nn::{Dense, Flatten};
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Flatten)]
    flatten: Flatten,
    #[shared(flatten)]
    again: Dense,
}

fn main() {}
