// A value for an option that has none.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[block(sequential)]
struct Net {
    layer: Dense,
    #[block(skip)]
    cache: Cache,
}

struct Cache;

fn main() {}
