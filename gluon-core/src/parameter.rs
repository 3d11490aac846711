//! Parameters.

use std::sync::Arc;

/// A named, shared, trainable tensor of a block.
#[derive(Debug)]
pub struct Parameter {
    inner: Arc<()>,
}

impl Parameter {
    /// Another handle to the same parameter.
    pub fn share(&self) -> Parameter {
        Parameter { inner: Arc::clone(&self.inner) }
    }
}
