// The same label twice.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![
        a: Dense::new(8),
        b: Dense::new(8),
        #[shared(b)] _,
    ]
}

fn main() {}
