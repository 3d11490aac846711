// `_` without a source.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![
        a: Dense::new(8),
        #[shared(a)] _,
        #[shared(weight = a.weight)] Dense::new(8),
    ]
}

fn main() {}
