// Options on a variant of an enum, which has none.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
enum Head {
    Linear(#[block(name = "linear")] Dense),
    Cache(#[block(skip)] Cache),
}

struct Cache;

fn main() {}
