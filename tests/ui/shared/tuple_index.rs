// A tuple index that does not exist.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Pair(#[new(Dense::new(8))] Dense, #[shared(2)] Dense);

fn main() {}
