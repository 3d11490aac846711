// `?` in an expression: the constructor returns no `Result`.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    #[new(load()?)]
    layer: Dense,
}

fn load() -> Result<Dense> {
    Ok(Dense::new(10))
}

fn main() {}
