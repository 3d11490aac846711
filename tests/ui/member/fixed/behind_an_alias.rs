// A type that an alias hides: the general advice.

use gluon::nn::Dense;
use gluon::prelude::*;

type Cache = std::collections::HashMap<String, f32>;

#[derive(Block)]
struct Net {
    layer: Dense,
    #[block(skip)]
    cache: Cache,
}

fn main() {}
