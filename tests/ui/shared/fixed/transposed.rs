// The transpose of a parameter.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Autoencoder {
    #[new(Dense::new(8))]
    encoder: Dense,
    /// `forward` multiplies by the transpose of this.
    #[shared(encoder.weight)]
    decoder: Parameter,
}

fn main() {}
