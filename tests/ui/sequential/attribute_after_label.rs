// An attribute after the label.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![a: Dense::new(8), b: #[shared(a)] Dense::new(8)]
}

fn main() {}
