// A field that is not a member, and one that shares it: one error each.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    first: Dense,
    #[shared(first)]
    second: Dense,
}

fn main() {}
