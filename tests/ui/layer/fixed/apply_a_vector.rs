// A vector of layers applied as if it were one.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    layers: Vec<Dense>,
}

impl Forward for Net {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.layers.iter().try_fold(x.clone(), |x, layer| x.apply(layer))
    }
}

fn main() {}
