// A missing comma, and layers that are not there.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![
        Dense::new(8),
        Dense::new(8),
        a: Dense::new(8),
        #[shared(a)] _,
        Dense::new(8), Dense::new(8)
    ]
}

fn main() {}
