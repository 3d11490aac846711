// What is not a member, in a `#[block(sequential)]` struct: one error.

use std::collections::BTreeMap;

use gluon::nn::Dense;
use gluon::prelude::*;

struct Cache;

#[derive(Block)]
#[block(sequential)]
struct Net {
    layer: Dense,
    #[block(skip)]
    cache: Cache,
    heads: BTreeMap<String, Dense>,
}

fn main() {}
