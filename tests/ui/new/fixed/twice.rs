// Two expressions for one field.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    layer: Dense,
    #[new((1, 2))]
    sizes: (usize, usize),
}

fn main() {}
