// Options on a variant of an enum, which has none.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
enum Head {
    #[block(name = "linear")]
    Linear(Dense),
    #[block(skip)]
    Cache(Cache),
}

struct Cache;

fn main() {}
