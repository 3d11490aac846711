// A parameter of its own in a `#[block(sequential)]` struct.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    layer: Dense,
    scale: Parameter,
}

impl Forward for Net {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.apply(&self.layer)?.mul(&self.scale.data()?)
    }
}

fn main() {}
