use std::path::PathBuf;

use gluon::nn::Dense;
use gluon::parameter::Parameter;
use gluon::{Block, Forward, Persist, Result, Tensor};
use gluon_macros::Block;
use tempfile::TempDir;

#[derive(Block)]
pub struct Mlp {
    #[new(Dense::new(4).relu())]
    pub hidden: Dense,
    #[new(Dense::new(3))]
    pub output: Dense,
}

/// [`Mlp`] with another layer.
#[derive(Block)]
#[block(hint = "mlp")]
pub struct Mlp3 {
    #[new(Dense::new(4).relu())]
    pub hidden: Dense,
    #[new(Dense::new(3))]
    pub output: Dense,
    #[new(Dense::new(2))]
    pub third: Dense,
}

/// A part of [`Mlp`].
#[derive(Block)]
pub struct Half {
    #[new(Dense::new(4).relu())]
    pub hidden: Dense,
}

/// Two layers that are one.
#[derive(Block)]
pub struct Tied {
    #[new(Dense::new(4).in_units(4))]
    pub first: Dense,
    #[shared(first)]
    pub second: Dense,
}

/// The same with two layers of their own.
#[derive(Block)]
pub struct Untied {
    #[new(Dense::new(4).in_units(4))]
    pub first: Dense,
    #[new(Dense::new(4).in_units(4))]
    pub second: Dense,
}

/// Values that there are none of.
#[derive(Block)]
pub struct Memory {
    #[new(Parameter::constant(Tensor::zeros([0, 3])))]
    pub memory: Parameter,
}

/// The parameters of a batch normalisation.
#[derive(Block)]
#[block(hint = "batchnorm")]
pub struct Norm {
    #[new(Parameter::new(0))]
    pub gamma: Parameter,
    #[new(Parameter::new(0))]
    pub beta: Parameter,
    #[new(Parameter::new(0))]
    pub running_mean: Parameter,
    #[new(Parameter::new(0))]
    pub running_var: Parameter,
}

impl Forward for Mlp {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.apply(&self.hidden)?.apply(&self.output)
    }
}

/// A net with values, for inputs of 5 features.
pub fn mlp() -> Mlp {
    let mut net = Mlp::new();
    net.initialize().unwrap();
    net.forward(&input()).unwrap();
    net
}

pub fn input() -> Tensor {
    Tensor::arange(10).div(10.0).unwrap().reshape([2, 5]).unwrap()
}

/// A file in a folder that goes away with it.
pub struct Scratch(TempDir);

impl Scratch {
    pub fn new() -> Scratch {
        Scratch(tempfile::tempdir().unwrap())
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The path of a file of [`mlp`], and that net.
    pub fn of_mlp(&self) -> (PathBuf, Mlp) {
        let net = mlp();
        let path = self.at("m.params");
        net.save_parameters(&path).unwrap();
        (path, net)
    }
}

/// Everything that a failed load must leave alone.
pub fn state(net: &impl Block) -> Vec<String> {
    let describe = |entry: &gluon::parameter::Entry| {
        let values = entry.data().map(|data| data.to_dtype(gluon::DType::F64).to_vec::<f64>());
        let (shape, deferred) = (entry.shape(), entry.is_deferred());
        format!("{entry} {:?} {shape:?} {deferred} {values:?}", entry.aliases())
    };
    net.collect_params().iter().map(describe).collect()
}
