// A tied field is never an argument: it is what its source is.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    hidden: Dense,
    #[shared(hidden)]
    again: Dense,
}

fn build() -> Net {
    Net::new(Dense::new(8))
}

fn main() {}
