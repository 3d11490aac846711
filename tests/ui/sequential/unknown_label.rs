// A label that does not exist; a near one is suggested.

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn build() -> Sequential {
    sequential![
        hidden: Dense::new(8),
        #[shared(hiden)] Dense::new(8),
        #[shared(output)] _,
    ]
}

fn main() {}
