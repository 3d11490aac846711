// A count that is not a `usize`.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![[Dense::new(8); "three"], [Dense::new(8); -1]]
}

fn main() {}
