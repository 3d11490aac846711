// An attribute after the label.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![a: Dense::new(8), #[shared(a)] b: Dense::new(8)]
}

fn main() {}
