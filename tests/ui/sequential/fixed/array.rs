// A list in brackets, which is not a repetition.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![
        sequential![Dense::new(8), Dense::new(8)],
        [Dense::new(8); 6],
    ]
}

fn main() {}
