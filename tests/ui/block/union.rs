// A union: nothing says which of its fields is there.

use gluon::prelude::*;

#[derive(Block)]
union Net {
    small: u32,
    large: u64,
}

fn main() {}
