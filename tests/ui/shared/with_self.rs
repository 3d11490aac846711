// A source as an expression instead of a name.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    hidden: Dense,
    #[shared(self.hidden)]
    again: Dense,
    #[shared(&hidden)]
    more: Dense,
    #[shared(hidden.clone())]
    most: Dense,
}

fn main() {}
