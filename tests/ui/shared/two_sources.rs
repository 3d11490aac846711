// Two sources for one field.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    a: Dense,
    #[new(Dense::new(8))]
    b: Dense,
    #[shared(a, b)]
    both: Dense,
    #[new(Dense::new(8))]
    #[shared(a, bias = b.bias)]
    mixed: Dense,
    #[shared(a)]
    #[shared(b)]
    twice: Dense,
}

fn main() {}
