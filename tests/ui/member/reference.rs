// A borrowed layer.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net<'a> {
    first: Dense,
    second: &'a Dense,
    name: &'a str,
}

fn main() {}
