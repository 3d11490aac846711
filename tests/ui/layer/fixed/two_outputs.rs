// A block with two outputs called by `apply`.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Encoder {
    mean: Dense,
    deviation: Dense,
}

impl Forward<Tensor, (Tensor, Tensor)> for Encoder {
    fn forward(&self, x: &Tensor) -> Result<(Tensor, Tensor)> {
        Ok((x.apply(&self.mean)?, x.apply(&self.deviation)?))
    }
}

#[derive(Block)]
struct Net {
    encoder: Encoder,
}

impl Forward for Net {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (mean, deviation) = self.encoder.forward(x)?;
        mean.add(deviation)
    }
}

fn main() {}
