// A source by index instead of label.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![Dense::new(8), #[shared(0)] _]
}

fn main() {}
