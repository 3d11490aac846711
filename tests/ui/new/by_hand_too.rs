// A `new` by hand beside the generated one.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    layer: Dense,
}

impl Net {
    fn new() -> Net {
        Net { layer: Dense::new(9) }
    }
}

fn main() {}
