// A vector of layers applied as if it were one.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    layers: Vec<Dense>,
}

impl Forward for Net {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.apply(&self.layers)
    }
}

fn main() {}
