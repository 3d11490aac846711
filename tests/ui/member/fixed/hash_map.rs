// A map without an order.

use std::collections::BTreeMap;

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    heads: BTreeMap<String, Dense>,
}

fn main() {}
