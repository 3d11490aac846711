// An expression that takes an earlier field away.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    hidden: Dense,
    #[new(Some(hidden))]
    again: Option<Dense>,
}

fn main() {}
