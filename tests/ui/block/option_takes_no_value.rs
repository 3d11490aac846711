// A value for an option that has none.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[block(sequential = true)]
struct Net {
    layer: Dense,
    #[block(skip(true))]
    cache: Cache,
}

struct Cache;

fn main() {}
