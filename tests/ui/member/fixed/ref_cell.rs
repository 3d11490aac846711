// A cell or a lock.

use std::sync::Mutex;

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    layer: Dense,
    #[block(skip)]
    cache: Mutex<Vec<f32>>,
}

fn main() {}
