// Two sources for one parameter.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    a: Dense,
    #[new(Dense::new(8))]
    b: Dense,
    #[new(Dense::new(8))]
    #[shared(weight = a.weight, bias = b.bias)]
    both: Dense,
}

fn main() {}
