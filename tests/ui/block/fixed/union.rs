// A union: nothing says which of its fields is there.

use gluon::prelude::*;

#[derive(Block)]
enum Net {
    Small(u32),
    Large(u64),
}

fn main() {}
