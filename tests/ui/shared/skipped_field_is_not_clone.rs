// A copy of a block with a skipped field that is not `Clone`.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Cached {
    #[new(Dense::new(8))]
    layer: Dense,
    #[new(Cache)]
    #[block(skip)]
    cache: Cache,
}

struct Cache;

#[derive(Block)]
struct Net {
    #[new(Cached::new())]
    first: Cached,
    #[shared(first)]
    second: Cached,
}

fn main() {}
