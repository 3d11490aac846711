// Something that is not the name of an option.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[block(skip)]
    cache: Cache,
    #[block(name = "fc1")]
    layer: Dense,
}

struct Cache;

fn main() {}
