// A source by index instead of label.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![first: Dense::new(8), #[shared(first)] _]
}

fn main() {}
