//! A container of one's own: layers in an ordered map, applied in order.
//!
//! The same net three times: by the container, by `Sequential`, and by `sequential!`.
//!
//! ```text
//! cargo run --release --example 02_containers
//! ```

use std::collections::BTreeMap;

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

/// Layers by name, in the order of their names.
#[derive(Block)]
struct MySequential {
    layers: BTreeMap<String, Box<dyn Layer>>,
}

impl MySequential {
    fn new() -> MySequential {
        MySequential { layers: BTreeMap::new() }
    }

    fn add(&mut self, layer: impl Layer + 'static) {
        self.layers.insert(format!("dense{}", self.layers.len()), Box::new(layer));
    }
}

impl Forward for MySequential {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.layers.values().try_fold(x.clone(), |x, layer| x.apply(layer))
    }
}

fn main() -> Result<()> {
    let x = Tensor::arange(40).div(40.0)?.reshape([2, 20])?;

    let mut mine = MySequential::new();
    mine.add(Dense::new(32).relu());
    mine.add(Dense::new(10));
    mine.initialize()?;
    let y = mine.forward(&x)?;
    println!("{}\n", mine.tree());

    let mut by_calls = Sequential::new();
    by_calls.add(Dense::new(32).relu());
    by_calls.add(Dense::new(10));

    let mut by_macro = sequential![Dense::new(32).relu(), Dense::new(10)];

    // The names differ (`layers.dense0.weight` and `0.weight`), the order does not.
    for net in [&mut by_calls, &mut by_macro] {
        net.initialize()?;
        net.forward(&x)?;
        for (theirs, ours) in net.collect_params().iter().zip(&mine.collect_params()) {
            println!("{:<22} = {}", ours.path(), theirs.path());
            theirs.set_data(&ours.data()?)?;
        }
        assert_eq!(net.forward(&x)?, y);
    }
    println!("\nthree containers, one output:\n{y:.4}");
    Ok(())
}
