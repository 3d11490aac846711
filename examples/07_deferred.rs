//! Deferred initialization: sizes that the first input tells.
//!
//! ```text
//! cargo run --release --example 07_deferred
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gluon::init;
use gluon::nn::Dense;
use gluon::prelude::*;

/// A layer of one's own that learns its input size.
#[derive(Block)]
struct Project {
    #[new(Parameter::new([0, units]))] // 0 stands for a size not known yet
    weight: Parameter,
    units: usize,
}

impl Forward for Project {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let inputs = x.shape().dims().last().copied().unwrap_or(0);
        x.matmul(&self.weight.data_with_shape([inputs, self.units])?)
    }
}

fn main() -> Result<()> {
    let drawn = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&drawn);
    let counting = init::from_fn(move |target| {
        println!("drawing {} {}", target.name, target.shape);
        count.fetch_add(1, Ordering::Relaxed);
        target.values.fill(0.5);
        Ok(())
    });

    let mut net = sequential![Dense::new(256).relu(), Project::new(10)];
    println!("{}\n", net.collect_params());
    net.initialize_with(counting)?;
    println!("initialized, nothing drawn: no weight knows its shape");
    assert_eq!(drawn.load(Ordering::Relaxed), 0);
    let early = net.collect_params()["0.weight"].data().expect_err("there are no values yet");
    println!("{early}\n");

    let x = Tensor::ones([2, 20]);
    net.forward(&x)?;
    assert_eq!(drawn.load(Ordering::Relaxed), 2);
    println!("\n{}\n", net.collect_params());
    net.forward(&x)?;
    assert_eq!(drawn.load(Ordering::Relaxed), 2, "values are drawn once");

    // A layer that is told its sizes draws at once, and forcing draws again.
    let mut known = Dense::new(4).in_units(3);
    known.initialize()?;
    assert_eq!(known.weight.data()?.shape(), [4, 3]);

    let wider = net.forward(&Tensor::ones([2, 21])).expect_err("it has 20 inputs for good");
    println!("{wider}");
    Ok(())
}
