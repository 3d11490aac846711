// An attribute that a layer does not take.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![
        a: Dense::new(8),
        #[shared(a)] Dense::new(8),
        Dense::new(8),
    ]
}

fn main() {}
