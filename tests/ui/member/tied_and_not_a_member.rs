// A field that is not a member, and one that shares it: one error each.

use std::rc::Rc;

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    first: Rc<Dense>,
    #[shared(first)]
    second: Rc<Dense>,
}

fn main() {}
