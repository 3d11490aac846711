// Two sources for one field.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    a: Dense,
    #[new(Dense::new(8))]
    b: Dense,
    #[shared(a)]
    both: Dense,
    #[new(Dense::new(8))]
    #[shared(weight = a.weight, bias = b.bias)]
    mixed: Dense,
    #[shared(b)]
    twice: Dense,
}

fn main() {}
