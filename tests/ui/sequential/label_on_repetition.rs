// A label for several layers.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![a: [Dense::new(8); 3], #[shared(a)] _]
}

fn main() {}
