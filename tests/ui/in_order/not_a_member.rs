// What is not a member, in a `#[block(sequential)]` struct: one error.

use std::collections::HashMap;

use gluon::nn::Dense;
use gluon::prelude::*;

struct Cache;

#[derive(Block)]
#[block(sequential)]
struct Net {
    layer: Dense,
    cache: Cache,
    heads: HashMap<String, Dense>,
}

fn main() {}
