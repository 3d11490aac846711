// `return` and `.await` in an expression.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(Dense::new(8))]
    layer: Dense,
    other: Dense,
}

async fn download() -> Dense {
    Dense::new(10)
}

fn main() {}
