// What is neither a field nor a path of fields.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    hidden: Dense,
    #[shared(hidden.weight)]
    a: Parameter,
    #[shared(hidden.weight)]
    b: Parameter,
    #[shared(hidden.weight)]
    c: Parameter,
    #[shared(hidden)]
    d: Dense,
    #[shared(bias = hidden.bias)]
    e: Dense,
    #[shared(hidden.weight)]
    f: Parameter,
}

fn main() {}
