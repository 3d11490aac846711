//! Initialization: for a net, for a layer, for a parameter, and by an initializer of one's own.
//!
//! ```text
//! cargo run --release --example 05_initialization
//! ```

use gluon::init::{self, Constant, Initialization, Mixed, Normal, One, Target, Xavier};
use gluon::nn::{Dense, Sequential};
use gluon::prelude::*;

fn weight(net: &Sequential, index: i32) -> &Parameter {
    &net.get::<Dense>(index).expect("a dense layer").weight
}

/// Half of the values 0, the others from 5 to 10 or from -10 to -5.
fn my_init(target: &mut Target<'_>) -> Result<()> {
    println!("init {} {}", target.name, target.shape);
    for value in &mut *target.values {
        let number = target.generator.range(-10.0, 10.0);
        *value = if number.abs() >= 5.0 { number } else { 0.0 };
    }
    Ok(())
}

fn main() -> Result<()> {
    let mut net = sequential![Dense::new(8).relu().in_units(20), Dense::new(1).in_units(8)];

    // Uniform from -0.07 to 0.07 is the default, and 0 for the biases of layers.
    net.initialize()?;
    assert!(weight(&net, 0).data()?.abs()?.max()?.item()? <= 0.07);

    // What is initialized is left alone, unless it is meant.
    let before = weight(&net, 0).data()?;
    net.initialize_with(Normal(0.01))?;
    assert_eq!(weight(&net, 0).data()?, before);
    net.initialize_again(Normal(0.01))?;
    assert_ne!(weight(&net, 0).data()?, before);

    // One layer by Xavier, the other by a constant; the biases keep their own initializer.
    weight(&net, 0).initialize_with(Initialization::from(Xavier::default()).force())?;
    weight(&net, 1).initialize_with(Initialization::from(Constant(42.0)).force())?;
    println!("{:.3}\n{}\n", weight(&net, 0).data()?.slice(0, 0..1)?, weight(&net, 1).data()?);
    assert_eq!(weight(&net, 1).data()?, Tensor::full([1, 8], 42.0, DType::F32));

    // The same by patterns of names, or by what Gluon calls an initializer.
    net.initialize_again(Mixed::new().with("1", One)?.with(".*", Xavier::default())?)?;
    assert_eq!(weight(&net, 1).data()?, Tensor::ones([1, 8]));
    net.initialize_again(init::named(r#"["constant", {"value": 5}]"#)?)?;
    assert_eq!(weight(&net, 0).data()?.max()?.item()?, 5.0);

    // A function is an initializer; so is any type that implements `Initializer`.
    net.initialize_again(init::from_fn(my_init))?;
    println!("{:.2}\n", weight(&net, 0).data()?.slice(0, 0..2)?);
    assert!(weight(&net, 0).data()?.to_vec::<f32>()?.iter().all(|v| *v == 0.0 || v.abs() >= 5.0));

    // Equal seeds give equal values, and a parameter's values do not depend on the others.
    let xavier = |seed| Initialization::from(Xavier::default()).seed(seed).force();
    net.initialize_again(xavier(1))?;
    let first = weight(&net, 0).data()?;
    let mut longer = sequential![Dense::new(8).in_units(20), Dense::new(8), Dense::new(8)];
    longer.initialize_with(xavier(1))?;
    assert_eq!(weight(&longer, 0).data()?, first);
    net.initialize_again(xavier(2))?;
    assert_ne!(weight(&net, 0).data()?, first);
    println!("seeds 1 and 2 differ, seed 1 twice does not");
    Ok(())
}
