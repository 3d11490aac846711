// A path through a field that is private.

use gluon::nn::Dense;
use gluon::prelude::*;

mod encoder {
    use super::*;

    #[derive(Block)]
    pub struct Encoder {
        #[new(Dense::new(8))]
        embed: Dense,
    }
}

#[derive(Block)]
struct Net {
    #[new(encoder::Encoder::new())]
    encoder: encoder::Encoder,
    #[shared(encoder.embed)]
    head: Dense,
}

fn main() {}
