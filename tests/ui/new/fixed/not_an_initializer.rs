// A closure where an initializer belongs.

use gluon::init::{self, Target};
use gluon::nn::Dense;
use gluon::prelude::*;

fn ones(target: &mut Target<'_>) -> Result<()> {
    target.values.fill(1.0);
    Ok(())
}

#[derive(Block)]
struct Net {
    #[new(Dense::new(8).weight_init(init::from_fn(ones)))]
    hidden: Dense,
}

fn main() {}
