// Labels as Python and maps write them.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![
        hidden = Dense::new(8),
        output => Dense::new(8),
        #[shared(hidden)]
        _,
    ]
}

fn main() {}
