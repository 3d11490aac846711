// A source after `=`, or in quotes.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    hidden: Dense,
    #[shared = "hidden"]
    again: Dense,
    #[shared("hidden")]
    more: Dense,
}

fn main() {}
