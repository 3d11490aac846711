// A source called by its name in files instead of its field.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    #[block(name = "fc1")]
    hidden: Dense,
    #[shared(hidden)]
    again: Dense,
}

fn main() {}
