//! Data: files of examples, and the order in which an epoch goes through them.

mod idx;

pub use idx::Idx;
