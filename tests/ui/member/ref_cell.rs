// A cell or a lock.

use std::cell::RefCell;
use std::sync::Mutex;

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    layer: RefCell<Dense>,
    cache: Mutex<Vec<f32>>,
}

fn main() {}
