// A shared pointer instead of a declared tie.

use std::sync::Arc;

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    first: Arc<Dense>,
    second: Arc<Dense>,
}

fn main() {}
