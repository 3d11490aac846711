// A name for a field that is not a member.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    layer: Dense,
    #[block(skip, name = "fc1")]
    cache: Cache,
}

struct Cache;

fn main() {}
