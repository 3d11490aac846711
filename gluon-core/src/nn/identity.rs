//! Identity: a layer that changes nothing.

use gluon_macros::Block;

use crate::block::Forward;
use crate::error::Result;
use crate::tensor::Tensor;

/// The input, unchanged: a place for a layer that may be missing, or a branch of a
/// [`Concurrent`](super::Concurrent).
#[derive(Block, Clone, Copy, Debug, Default)]
#[block(describe = Identity::line)]
pub struct Identity;

impl Identity {
    fn line(&self) -> String {
        "Identity".to_owned()
    }
}

impl Forward for Identity {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        Ok(x.clone())
    }
}
