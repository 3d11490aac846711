//! Flatten: a layer that merges axes.

use gluon_macros::Block;

use crate::block::Forward;
use crate::error::Result;
use crate::tensor::Tensor;

/// All axes after the first merged into one: `[batch, ..] → [batch, rest]`.
#[derive(Block, Clone, Copy, Debug, Default)]
#[block(describe = Flatten::line)]
pub struct Flatten;

impl Flatten {
    fn line(&self) -> String {
        "Flatten".to_owned()
    }
}

impl Forward for Flatten {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.flatten()
    }
}
