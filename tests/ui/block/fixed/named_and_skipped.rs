// A name for a field that is not a member.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[block(name = "fc1")]
    layer: Dense,
    #[block(skip)]
    cache: Cache,
}

struct Cache;

fn main() {}
