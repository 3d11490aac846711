// `#[shared(..)]` above the struct.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    hidden: Dense,
    #[shared(hidden)]
    again: Dense,
}

fn main() {}
