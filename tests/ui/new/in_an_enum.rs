// `#[new(..)]` and `#[shared(..)]` in an enum, which no one constructor could build.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[block(new = build)]
enum Head {
    Linear {
        #[new(Dense::new(10))]
        first: Dense,
        #[shared(first)]
        second: Dense,
    },
}

fn main() {}
