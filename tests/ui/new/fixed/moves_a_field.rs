// An expression that takes an earlier field away.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Some(Dense::new(8)))]
    hidden: Option<Dense>,
    #[shared(hidden)]
    again: Option<Dense>,
}

fn main() {}
