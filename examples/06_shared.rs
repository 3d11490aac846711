//! Shared parameters: a net of 8 → shared 8 → shared 8 → 10 whose two middle layers are one.
//!
//! Shows that the gradient of a shared parameter is the sum over its uses, and that the tie
//! survives training and files.
//!
//! ```text
//! cargo run --release --example 06_shared
//! ```

use gluon::autograd::record;
use gluon::init::Uniform;
use gluon::loss::{Loss, SoftmaxCrossEntropyLoss};
use gluon::nn::Dense;
use gluon::optim::Sgd;
use gluon::prelude::*;
use gluon::train::Trainer;

#[derive(Block)]
#[block(sequential)]
struct Tied {
    #[new(Dense::new(8).relu())]
    first: Dense,
    #[new(Dense::new(8).relu())]
    shared: Dense,
    /// The parameters of `shared` once more; the compiler has checked that there are any.
    #[shared(shared)]
    again: Dense,
    #[new(Dense::new(10))]
    output: Dense,
}

/// The same net with four layers of their own.
#[derive(Block)]
#[block(sequential)]
struct Untied {
    #[new(Dense::new(8).relu())]
    first: Dense,
    #[new(Dense::new(8).relu())]
    shared: Dense,
    #[new(Dense::new(8).relu())]
    again: Dense,
    #[new(Dense::new(10))]
    output: Dense,
}

fn main() -> Result<()> {
    let file = std::env::temp_dir().join("shared.params");
    let x = Tensor::arange(40).div(20.0)?.sub(1.0)?.reshape([2, 20])?;
    let label = Tensor::from([3i64, 7]);

    let mut net = Tied::new();
    net.initialize_with(Uniform(0.5))?;
    net.forward(&x)?;
    println!("{}\n", net.tree());
    for entry in &net.collect_params() {
        let aliases = entry.aliases().join(", ");
        println!("{:<15} {:>8}  {aliases}", entry.path(), entry.shape().to_string());
    }
    assert!(net.shared.weight.is_same(&net.again.weight));
    assert_eq!(net.collect_params().len(), 6, "weight and bias of three layers");

    // A file of the tied net loads into the untied one: same values, separate gradients.
    net.save_parameters(&file)?;
    let mut untied = Untied::new();
    untied.load_parameters(&file)?;
    assert_eq!(untied.forward(&x)?, net.forward(&x)?);
    record(|| net.forward(&x))?.backward()?;
    record(|| untied.forward(&x))?.backward()?;
    let uses = [untied.shared.weight.grad()?, untied.again.weight.grad()?];
    let difference = net.shared.weight.grad()?.sub(&(&uses[0] + &uses[1]))?.abs()?.max()?.item()?;
    println!("\ngradient of the tied weight - sum over both uses: at most {difference:.1e}");
    assert!(difference < 1e-5);

    // Training changes the shared parameters once a step, in both places.
    let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.01).momentum(0.9))?;
    let loss = SoftmaxCrossEntropyLoss::default();
    for step in 0..=100 {
        let error = record(|| loss.forward(&net.forward(&x)?, &label))?;
        error.backward()?;
        trainer.step(2)?;
        if step % 25 == 0 {
            println!("step {step:>3}: loss {:.4}", error.mean()?.item()?);
        }
    }
    assert!(net.shared.weight.is_same(&net.again.weight));

    net.save_parameters(&file)?;
    let mut loaded = Tied::new();
    loaded.load_parameters(&file)?;
    assert_eq!(loaded.forward(&x)?, net.forward(&x)?);
    assert!(loaded.shared.weight.is_same(&loaded.again.weight));
    println!("saved, loaded into a second net: equal outputs, still tied");
    Ok(())
}
