// `?` in an expression: the constructor returns no `Result`.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
#[block(new)]
struct Net {
    layer: Dense,
}

fn load() -> Result<Dense> {
    Ok(Dense::new(10))
}

fn build() -> Result<Net> {
    Ok(Net::new(load()?))
}

fn main() {}
