// An expression that speaks of a field declared later.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(10))]
    output: Dense,
    #[new(Dense::new(output.units()))]
    hidden: Dense,
}

fn main() {}
