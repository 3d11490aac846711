//! Blocks: a multilayer perceptron as a list of layers, and as a struct.
//!
//! ```text
//! cargo run --release --example 01_blocks
//! ```

use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

/// The declaration. Names, parameters, initialization and files follow from it.
#[derive(Block)]
struct Mlp {
    #[new(Dense::new(256).relu())]
    hidden: Dense,
    #[new(Dense::new(10))]
    output: Dense,
}

/// The computation.
impl Forward for Mlp {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.apply(&self.hidden)?.apply(&self.output)
    }
}

fn main() -> Result<()> {
    let x = Tensor::arange(40).div(40.0)?.reshape([2, 20])?;

    let mut list: Sequential = sequential![Dense::new(256).relu(), Dense::new(10)];
    list.initialize()?;
    let y = list.forward(&x)?;
    println!("{}\n{y:.4}\n", list.tree());

    let mut net = Mlp::new();
    println!("before the first input, its size is not known:\n{}\n", net.tree());
    net.initialize()?;
    assert_eq!(net.forward(&x)?.shape(), [2, 10]);
    println!("and after:\n{}\n", net.tree());

    // Two names for each parameter: the place in the model, and Gluon's.
    for entry in &net.collect_params() {
        println!("{:<14} {}", entry.path(), entry.name());
    }
    let params = net.collect_params();
    assert_eq!(params[0].path(), "hidden.weight");
    assert_eq!(params[0].name(), "mlp0_dense0_weight");

    // The same values make the same net, whichever way it was declared.
    for (theirs, ours) in list.collect_params().iter().zip(&params) {
        theirs.set_data(&ours.data()?)?;
    }
    assert_eq!(list.forward(&x)?, net.forward(&x)?);

    // A mistake in sizes says in which block it was made.
    let error = net.forward(&Tensor::ones([2, 21])).expect_err("it has learned 20");
    println!("\n{error}");
    assert!(error.to_string().starts_with("in block `hidden`: "));
    Ok(())
}
