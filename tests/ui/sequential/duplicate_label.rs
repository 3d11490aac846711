// The same label twice.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![
        a: Dense::new(8),
        a: Dense::new(8),
        #[shared(a)] _,
    ]
}

fn main() {}
