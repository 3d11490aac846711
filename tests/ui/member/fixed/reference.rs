// A borrowed layer.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net<'a> {
    #[new(Dense::new(8))]
    first: Dense,
    #[shared(first)]
    second: Dense,
    name: &'a str,
}

fn main() {}
