// A list in brackets, which is not a repetition.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![
        [Dense::new(8), Dense::new(8)],
        [[Dense::new(8); 2]; 3],
    ]
}

fn main() {}
