// An option of a field on the struct.

use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[block(skip)]
    cache: Cache,
}

struct Cache;

fn main() {}
