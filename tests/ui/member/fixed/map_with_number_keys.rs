// A map whose keys are not names.

use std::collections::BTreeMap;

use gluon::nn::Dense;
use gluon::prelude::*;

#[derive(Block)]
struct Net {
    heads: BTreeMap<String, Dense>,
}

fn main() {}
