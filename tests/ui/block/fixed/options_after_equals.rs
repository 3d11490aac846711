// Options after `=` instead of in parentheses.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[block(sequential)]
struct Net {
    layer: Dense,
}

fn main() {}
