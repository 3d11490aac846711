// The transpose of a parameter.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Autoencoder {
    #[new(Dense::new(8))]
    encoder: Dense,
    #[new(Dense::new(784))]
    #[shared(weight = encoder.weight.t())]
    decoder: Dense,
}

fn main() {}
