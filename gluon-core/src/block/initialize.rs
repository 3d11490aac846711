//! Initializing a model.

use std::sync::Arc;

use super::member::Member;
use super::{collect, tie};
use crate::error::Result;
use crate::init::{Initializer, Uniform};

/// How a model's parameters get their first values.
///
/// Any initializer is one; the methods say more:
///
/// ```
/// use gluon_core::block::Initialization;
/// use gluon_core::init::Xavier;
///
/// let initialization = Initialization::from(Xavier::default()).seed(42).force();
/// ```
#[derive(Clone, Debug)]
pub struct Initialization {
    init: Arc<dyn Initializer>,
    seed: u64,
    force: bool,
}

impl Default for Initialization {
    /// `Uniform(0.07)` from seed 0, as in Gluon; initialized parameters are left alone.
    fn default() -> Initialization {
        Initialization::from(Uniform::default())
    }
}

impl<I: Initializer + 'static> From<I> for Initialization {
    /// This initializer for every parameter that has none of its own, from seed 0.
    fn from(init: I) -> Initialization {
        Initialization { init: Arc::new(init), seed: 0, force: false }
    }
}

impl Initialization {
    /// From another seed. Each parameter draws from a stream made of the seed and its structural
    /// name.
    pub fn seed(self, seed: u64) -> Initialization {
        Initialization { seed, ..self }
    }

    /// Draws anew also for parameters that are initialized already.
    pub fn force(self) -> Initialization {
        Initialization { force: true, ..self }
    }
}

pub(super) fn initialize<M: Member + ?Sized>(
    root: &mut M,
    initialization: &Initialization,
) -> Result<()> {
    tie::retie_all(root)?;
    collect::name(root, None);
    let parameters = collect::collect(root, None);
    parameters.check()?;
    for entry in &parameters {
        let Initialization { init, seed, force } = initialization;
        entry.initialize(init, *seed, *force)?;
    }
    Ok(())
}
