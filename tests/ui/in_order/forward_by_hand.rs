// `forward` by hand beside `#[block(sequential)]`.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[block(sequential)]
struct Net {
    layer: Dense,
}

impl Forward for Net {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.apply(&self.layer)
    }
}

fn main() {}
