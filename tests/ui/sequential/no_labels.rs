// A tie where no layer has a label.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![Dense::new(8), #[shared(hidden)] _]
}

fn main() {}
