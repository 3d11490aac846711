// Sizes of a kernel for more axes than it has.

use gluon::nn::Conv2d;
use gluon::prelude::*;

#[derive(Block)]
#[block(sequential)]
struct Net {
    #[new(Conv2d::new(6, (3, 5)))]
    conv: Conv2d,
}

fn main() {}
