// A collection whose members have no index.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    layers: Vec<Dense>,
}

fn main() {}
