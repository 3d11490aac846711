//! Devices: where tensors and parameters are, and one model on several of them.
//!
//! ```text
//! cargo run --release --example 10_devices
//! ```

use gluon::autograd::record;
use gluon::data::split_and_load;
use gluon::loss::{L2Loss, Loss};
use gluon::nn::Dense;
use gluon::optim::Sgd;
use gluon::prelude::*;
use gluon::train::{Replicas, Trainer};

fn main() -> Result<()> {
    // Labels of the same memory, so that this runs anywhere.
    let devices = [Device::Cpu(0), Device::Cpu(1)];
    println!("{} {}, current {}", devices[0], devices[1], Device::current());

    let x = Tensor::from([1.0f32, 2.0, 3.0]);
    let y = devices[1].scope(|| Tensor::ones([3]));
    println!("{x}\n{y}\n{}", x.to_device(devices[1])?.add(&y)?);
    assert_eq!(x.to_device(devices[1])?.add(&y)?.device(), devices[1]);
    let error = "gpu(0)".parse::<Device>().expect_err("this build has none");
    println!("{error}\n");

    // A line through 64 points, found by a net on two devices at once.
    let inputs = Tensor::arange(64).div(32.0)?.sub(1.0)?.reshape([64, 1])?;
    let targets = inputs.mul(3.0)?.add(0.5)?;
    let mut net = Dense::new(1).in_units(1);
    net.initialize()?;
    let mut alone = Trainer::new(net.collect_params(), Sgd::new(0.5))?;
    let replicas = Replicas::new(&net, &devices)?;
    let mut trainer = Trainer::new(replicas.collect_params(), Sgd::new(0.5))?;
    let loss = L2Loss::default();
    for step in 0..40 {
        let (inputs, targets) =
            (split_and_load(&inputs, &devices)?, split_and_load(&targets, &devices)?);
        for (net, (x, y)) in replicas.iter().zip(inputs.iter().zip(&targets)) {
            let error = record(|| loss.forward(&net.forward(x)?, y))?;
            error.backward()?;
            if step % 10 == 0 {
                println!("step {step:>2} on {}: {:.5}", x.device(), error.mean()?.item()?);
            }
        }
        replicas.step(&mut trainer, 64)?; // gradients are summed, every copy is updated
    }
    for _ in 0..40 {
        record(|| loss.forward(&net.forward(&inputs)?, &targets))?.backward()?;
        alone.step(64)?;
    }
    for copy in replicas.iter() {
        println!("{} {:.4}", copy.weight.device(), copy.weight.data()?.item()?);
        let difference = copy.weight.data()?.sub(&net.weight.data()?)?.item()?;
        assert!(difference.abs() < 1e-5, "as on one device");
        assert!((copy.weight.data()?.item()? - 3.0).abs() < 1e-2);
    }
    Ok(())
}
