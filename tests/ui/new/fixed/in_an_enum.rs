// `#[new(..)]` and `#[shared(..)]` in an enum, which no one constructor could build.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
enum Head {
    Linear(Linear),
}

#[derive(Block)]
#[block(new = build)]
struct Linear {
    #[new(Dense::new(10))]
    first: Dense,
    #[shared(first)]
    second: Dense,
}

fn main() {}
