// `_` without a source.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![
        a: Dense::new(8),
        _,
        #[shared(weight = a.weight)] _,
    ]
}

fn main() {}
