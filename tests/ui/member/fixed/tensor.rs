// A tensor, which has no name.

use gluon::prelude::*;

#[derive(Block)]
struct Net {
    weight: Parameter,
    #[new(Parameter::constant(Tensor::zeros([8])))]
    mean: Parameter,
    #[block(skip)]
    scratch: Tensor,
}

fn main() {}
