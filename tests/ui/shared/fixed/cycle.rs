// Fields that share each other's parameters.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    a: Dense,
    #[shared(a)]
    b: Dense,
    #[shared(b)]
    c: Dense,
}

fn main() {}
