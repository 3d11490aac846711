// An attribute that a layer does not take.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![
        a: Dense::new(8),
        #[share(a)] Dense::new(8),
        #[new(Dense::new(8))] _,
    ]
}

fn main() {}
