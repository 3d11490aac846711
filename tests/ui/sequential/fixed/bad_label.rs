// A keyword or `_` for a label.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![
        Dense::new(8),
        r#loop: Dense::new(8),
        first: Dense::new(8),
    ]
}

fn main() {}
