//! The transformer.

use gluon::nn::{Dense, Dropout, Embedding, LayerNorm, LearnedEncoding, TransformerEncoderLayer};
use gluon::prelude::*;

/// Letters that look back at each other. What comes next is compared with the same vectors that
/// letters are made of: `scores` has the weight of `letters`.
#[derive(Block)]
#[block(sequential)]
pub struct Transformer {
    kinds: usize,
    window: usize,
    #[new(Embedding::new(kinds, 96))]
    letters: Embedding,
    #[new(LearnedEncoding::new(window))]
    places: LearnedEncoding,
    #[new(Dropout::new(0.1))]
    dropout: Dropout,
    #[new([(); 3].map(|()| TransformerEncoderLayer::new(96, 4, 384).pre_norm().causal().dropout(0.1)))]
    layers: [TransformerEncoderLayer; 3],
    #[new(LayerNorm::new())]
    norm: LayerNorm,
    #[new(Dense::new(kinds).keep_axes())]
    #[shared(weight = letters.weight)]
    scores: Dense,
}
