// A label for several layers.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![[Dense::new(8); 2], a: Dense::new(8), #[shared(a)] _]
}

fn main() {}
