//! Parameters: finding, reading, setting, freezing and converting them.
//!
//! ```text
//! cargo run --release --example 04_parameters
//! ```

use gluon::autograd::{GradReq, record};
use gluon::nn::Dense;
use gluon::optim::Sgd;
use gluon::prelude::*;
use gluon::train::Trainer;

fn main() -> Result<()> {
    let x = Tensor::arange(40).div(40.0)?.reshape([2, 20])?;
    let mut net = sequential![Dense::new(256).relu(), Dense::new(10)];
    net.initialize()?;
    net.forward(&x)?;

    // By the layer's field, by index, and by either name: always the same parameter.
    let first = net.get::<Dense>(0).expect("a dense layer");
    let params = net.collect_params();
    println!("{params}\n");
    for found in [&params[0], &params["0.weight"], &params["sequential0_dense0_weight"]] {
        assert!(found.is_same(&first.weight));
    }

    // A selection matches from the start of the name, as in Gluon.
    println!("{}\n", params.select(".*weight")?);
    assert!(params.select("weight")?.is_empty());
    assert_eq!(params.select_path("1")?.len(), 2);

    // Values and gradients are tensors. Those of before are kept by who holds them.
    let before = first.weight.data()?;
    assert_eq!(first.weight.grad()?, before.zeros_like());
    first.weight.set_data(&before.add(1.0)?)?;
    assert_eq!(first.weight.data()?.sub(&before)?.max()?.item()?, 1.0);
    println!("{:.3}\n", net.get::<Dense>(-1).expect("a dense layer").weight.data()?);

    // Frozen, one selection keeps its values; no decay for the biases.
    params.select_path("0")?.set_grad_req(GradReq::Null);
    params.select(".*bias")?.set_wd_mult(0.0);
    let kept = first.weight.data()?;
    let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.1).weight_decay(0.01))?;
    let output = params["1.weight"].data()?;
    record(|| net.forward(&x))?.backward()?;
    trainer.step(2)?;
    assert_eq!(first.weight.data()?, kept);
    assert_ne!(params["1.weight"].data()?, output);

    params.set_grad_req(GradReq::Write);
    params.cast(DType::F64);
    println!("{}", params["0.weight"]);
    assert_eq!(net.forward(&x.to_dtype(DType::F64))?.dtype(), DType::F64);
    Ok(())
}
