// A source that comes later, or is the layer itself.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![
        last: Dense::new(8),
        #[shared(last)] Dense::new(8),
        #[shared(last)] own: Dense::new(8),
    ]
}

fn main() {}
