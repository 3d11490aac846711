// The expression after `=` instead of in parentheses.

use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(3)]
    units: usize,
}

fn main() {}
