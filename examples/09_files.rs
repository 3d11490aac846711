//! Files: tensors, lists, dictionaries, and the parameters of models.
//!
//! ```text
//! cargo run --release --example 09_files
//! ```

use gluon::nn::Dense;
use gluon::persist;
use gluon::prelude::*;

#[derive(Block)]
#[block(sequential)]
struct Mlp {
    #[new(Dense::new(256).relu())]
    hidden: Dense,
    #[new(Dense::new(10))]
    output: Dense,
}

fn main() -> Result<()> {
    let at = |name: &str| std::env::temp_dir().join(format!("gluon_09_files_{name}"));
    let (x, y) = (Tensor::arange(4), Tensor::zeros([4]));

    // As MXNet writes them: `nd.load` reads these files.
    persist::save(at("x"), &x)?;
    assert_eq!(persist::load(at("x"))?.into_tensor()?, x);
    persist::save(at("list"), [&x, &y])?;
    assert_eq!(persist::load(at("list"))?.into_list(), [x.clone(), y.clone()]);
    persist::save(at("dict"), [("x", &x), ("y", &y)])?;
    for (name, tensor) in persist::load(at("dict"))?.into_dict()? {
        println!("{name}: {tensor}");
    }

    let x = Tensor::arange(40).div(40.0)?.reshape([2, 20])?;
    let mut net = Mlp::new();
    net.initialize()?;
    let y = net.forward(&x)?;
    net.save_parameters(at("mlp.params"))?;

    // Only values are saved. The architecture is code; no `initialize` is needed.
    let mut clone = Mlp::new();
    let report = clone.load_parameters(at("mlp.params"))?;
    println!("\n{report}");
    assert_eq!(clone.forward(&x)?, y);

    // A file that does not fit says everything that does not, and changes nothing.
    let mut other = sequential![Dense::new(256)];
    let error = other.load_parameters(at("mlp.params")).expect_err("other names");
    println!("\n{error}");
    assert!(!other.collect_params()["0.weight"].is_initialized());

    for name in ["x", "list", "dict", "mlp.params"] {
        let _ = std::fs::remove_file(at(name));
    }
    Ok(())
}
