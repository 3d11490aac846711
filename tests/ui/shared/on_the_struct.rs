// `#[shared(..)]` above the struct.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[shared(hidden)]
struct Net {
    #[new(Dense::new(8))]
    hidden: Dense,
    again: Dense,
}

fn main() {}
