// A source that comes later, or is the layer itself.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![
        #[shared(last)] Dense::new(8),
        #[shared(own)] own: Dense::new(8),
        last: Dense::new(8),
    ]
}

fn main() {}
