// A parameter that a layer does not have.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![
        a: Dense::new(8),
        #[shared(weight = a.weight)] Dense::new(8),
    ]
}

fn main() {}
