//! Parameters.

use std::sync::Arc;

/// A named, shared, trainable tensor of a block.
#[derive(Debug)]
pub struct Parameter {
    inner: Arc<()>,
}

impl Parameter {
    /// A parameter.
    pub fn new(_: impl Into<crate::Shape>) -> Parameter {
        Parameter { inner: Arc::new(()) }
    }

    /// Whether both are handles to the same parameter.
    pub fn is_same(&self, other: &Parameter) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Another handle to the same parameter.
    pub fn share(&self) -> Parameter {
        Parameter { inner: Arc::clone(&self.inner) }
    }
}
