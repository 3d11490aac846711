// A source of another type.

use gluon::nn::{Dense, Flatten, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![
        flatten: Flatten,
        #[shared(flatten)] Dense::new(8),
    ]
}

fn main() {}
