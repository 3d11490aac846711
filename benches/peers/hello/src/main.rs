use gluon::autograd::record;
use gluon::loss::{Loss, SoftmaxCrossEntropyLoss};
use gluon::nn::Dense;
use gluon::optim::Sgd;
use gluon::prelude::*;
use gluon::train::Trainer;

#[derive(Block)]
#[block(sequential)]
struct Mlp {
    #[new(Dense::new(256).relu())]
    hidden: Dense,
    #[new(Dense::new(10))]
    output: Dense,
}

fn main() -> Result<()> {
    let x = Tensor::arange(32 * 784).sin()?.reshape([32, 784])?;
    let label = Tensor::from_vec((0..32).map(|i| i % 10).collect::<Vec<i64>>(), 32)?;
    let mut net = Mlp::new();
    net.initialize()?;
    let loss = SoftmaxCrossEntropyLoss::default();
    let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.1))?;
    for _ in 0..10 {
        let loss = record(|| loss.forward(&net.forward(&x)?, &label))?;
        loss.backward()?;
        trainer.step(32)?;
        println!("{}", loss.mean()?.item()?);
    }
    Ok(())
}
