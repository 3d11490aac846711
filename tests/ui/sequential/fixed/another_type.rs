// A source of another type.

use gluon::nn::{Dense, Flatten, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![
        flatten: Flatten,
        hidden: Dense::new(8),
        #[shared(hidden)] Dense::new(8),
    ]
}

fn main() {}
