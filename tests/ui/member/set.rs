// A collection whose members have no index.

use std::collections::VecDeque;

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    layers: VecDeque<Dense>,
}

fn main() {}
