// An option of a field on the struct.

use gluon::prelude::*;

#[derive(Block)]
#[block(skip)]
struct Net {
    cache: Cache,
}

struct Cache;

fn main() {}
