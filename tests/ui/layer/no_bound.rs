// A type parameter that is called like a layer, without a bound that says so.

use gluon::prelude::*;

#[derive(Block)]
struct Twice<T> {
    body: T,
}

impl<T> Forward for Twice<T> {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.apply(&self.body)?.apply(&self.body)
    }
}

fn main() {}
