// A type argument that is not a member.

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Residual<T> {
    #[new(Dense::new(8))]
    layer: Dense,
    body: T,
}

struct Config;

fn build() -> Residual<Config> {
    Residual::new(Config)
}

fn main() {}
