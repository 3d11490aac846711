//! Factors: on the learning rate and the weight decay of a parameter.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that a step reads without a lock: its bits.
pub(super) struct Factor(AtomicU64);

impl Factor {
    pub(super) fn new(factor: f64) -> Factor {
        Factor(AtomicU64::new(factor.to_bits()))
    }

    pub(super) fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }

    pub(super) fn set(&self, factor: f64) {
        self.0.store(factor.to_bits(), Ordering::Relaxed);
    }
}
