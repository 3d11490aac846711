// A map without an order.

use std::collections::HashMap;

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    heads: HashMap<String, Dense>,
}

fn main() {}
