// Fields that share each other's parameters.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[shared(c)]
    a: Dense,
    #[shared(a)]
    b: Dense,
    #[shared(b)]
    c: Dense,
}

fn main() {}
