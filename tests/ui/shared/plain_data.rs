// A source that has no parameters.

use gluon::prelude::*;

#[derive(Block)]
struct Net {
    units: usize,
    #[shared(units)]
    more: usize,
}

fn main() {}
