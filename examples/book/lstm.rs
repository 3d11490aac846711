//! The recurrent model.

use gluon::nn::{Dense, Embedding, Lstm};
use gluon::prelude::*;

/// Letters, one after another, and what is remembered of those before.
#[derive(Block)]
#[block(sequential)]
pub struct Recurrent {
    kinds: usize,
    #[new(Embedding::new(kinds, 48))]
    letters: Embedding,
    #[new(Lstm::new(192).batch_first())]
    memory: Lstm,
    #[new(Dense::new(kinds).keep_axes())]
    next: Dense,
}
