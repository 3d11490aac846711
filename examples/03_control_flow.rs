//! Control flow: what a block computes is ordinary Rust; and blocks within blocks.
//!
//! ```text
//! cargo run --release --example 03_control_flow
//! ```

use gluon::autograd::record;
use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

#[derive(Block)]
struct FancyMlp {
    /// Saved with the net, but never trained.
    #[new(Parameter::constant(Tensor::uniform(0.0, 1.0, [20, 20])))]
    rand_weight: Parameter,
    #[new(Dense::new(20).relu())]
    dense: Dense,
}

impl Forward for FancyMlp {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = x.apply(&self.dense)?;
        let x = x.matmul(&self.rand_weight.data()?)?.add(1.0)?.relu()?;
        // The same layer again: its parameters are shared by both uses.
        let mut x = x.apply(&self.dense)?;
        while x.norm()?.item()? > 1.0 {
            x = x.div(2.0)?;
        }
        if x.norm()?.item()? < 0.8 {
            x = x.mul(10.0)?;
        }
        x.sum()
    }
}

#[derive(Block)]
#[block(sequential)] // `forward` applies the members in order
struct NestMlp {
    #[new(sequential![Dense::new(64).relu(), Dense::new(32).relu()])]
    net: Sequential,
    #[new(Dense::new(16).relu())]
    dense: Dense,
}

fn main() -> Result<()> {
    let x = Tensor::arange(40).div(40.0)?.reshape([2, 20])?;

    let mut fancy = FancyMlp::new();
    fancy.initialize()?;
    let constant = fancy.rand_weight.data()?;
    // What has really run is recorded, loop and all.
    let y = record(|| fancy.forward(&x))?;
    y.backward()?;
    println!("{}\noutput {y:.4}", fancy.tree());
    println!("norm of the gradient {:.4}\n", fancy.dense.weight.grad()?.norm()?.item()?);
    assert!(fancy.dense.weight.grad()?.norm()?.item()? > 0.0);
    assert_eq!(fancy.rand_weight.data()?, constant);
    assert!(fancy.rand_weight.grad().is_err(), "a constant has no gradient");

    let mut chimera = sequential![NestMlp::new(), Dense::new(20), FancyMlp::new()];
    chimera.initialize()?;
    let y = chimera.forward(&x)?;
    println!("{}\noutput {y:.4}", chimera.tree());
    assert_eq!(y.size(), 1);
    assert!(chimera.collect_params().get("0.net.1.weight").is_some());
    Ok(())
}
