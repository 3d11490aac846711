//! Layers of one's own: without parameters, with them, with statistics, and with a gradient
//! written by hand.
//!
//! ```text
//! cargo run --release --example 08_layers
//! ```

use gluon::autograd::{Function, is_training, record};
use gluon::nn::Dense;
use gluon::prelude::*;

/// Takes away the mean.
#[derive(Block)]
struct CenteredLayer;

impl Forward for CenteredLayer {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.sub(&x.mean()?)
    }
}

/// A fully connected layer. The constructor takes what nothing determines: the two sizes.
#[derive(Block)]
struct MyDense {
    units: usize,
    in_units: usize,
    #[new(Parameter::new([in_units, units]))]
    weight: Parameter,
    #[new(Parameter::new(units))]
    bias: Parameter,
}

impl Forward for MyDense {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.matmul(&self.weight.data()?)?.add(&self.bias.data()?)?.relu()
    }
}

/// Takes away the mean of the batch while training, and the running mean afterwards.
#[derive(Block)]
struct RunningCenter {
    features: usize,
    #[new(Parameter::constant(Tensor::zeros([features])))]
    mean: Parameter,
}

impl Forward for RunningCenter {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        if !is_training() {
            return x.sub(&self.mean.data()?);
        }
        let batch = x.mean_axes(&[0], false)?;
        self.mean.set_data(&self.mean.data()?.mul(0.9)?.add(batch.detach().mul(0.1)?)?)?;
        x.sub(&batch)
    }
}

/// Leaves values alone and turns gradients round.
struct Reverse;

impl Function for Reverse {
    fn forward(&mut self, inputs: &[Tensor]) -> Result<Tensor> {
        Ok(inputs[0].clone())
    }

    fn backward(&self, gradient: &Tensor) -> Result<Vec<Tensor>> {
        Ok(vec![gradient.mul(-1.0)?])
    }
}

fn main() -> Result<()> {
    let centered = Tensor::from([1.0f32, 2.0, 3.0, 4.0, 5.0]).apply(&CenteredLayer)?;
    println!("{centered}\n");
    assert_eq!(centered, Tensor::from([-2.0f32, -1.0, 0.0, 1.0, 2.0]));

    let x = Tensor::arange(128).div(128.0)?.reshape([2, 64])?;
    let mut net = sequential![Dense::new(128), CenteredLayer];
    net.initialize()?;
    assert!(net.forward(&x)?.mean()?.item()?.abs() < 1e-6);

    let mut net = sequential![MyDense::new(8, 64), MyDense::new(1, 8)];
    net.initialize()?;
    println!("{}\n{}\n", net.collect_params(), net.forward(&x)?);
    assert_eq!(net.collect_params()["0.weight"].shape(), [64, 8]);

    let center = RunningCenter::new(64);
    let y = record(|| center.forward(&x))?;
    assert!(y.mean()?.item()?.abs() < 1e-6);
    println!("running mean {:.4}", center.mean.data()?.mean()?.item()?);
    let drift = center.forward(&x)?.mean()?.item()? - 0.9 * x.mean()?.item()?;
    assert!(drift.abs() < 1e-6);

    let mut x = Tensor::from([1.0f32, 2.0]);
    x.attach_grad();
    record(|| Reverse.call(&[&x])?.mul(&x))?.backward()?;
    println!("gradient {}", x.grad()?);
    assert_eq!(x.grad()?, Tensor::from([0.0f32, 0.0])); // x - x
    Ok(())
}
