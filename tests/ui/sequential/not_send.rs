// A layer that threads cannot share.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

#[derive(Block)]
#[block(sequential)]
struct Counted {
    layer: Dense,
    #[block(skip)]
    calls: std::cell::Cell<u32>,
}

fn build(counted: Counted) -> Sequential {
    sequential![Dense::new(8), counted]
}

fn main() {}
