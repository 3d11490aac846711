//! How values are to be drawn: by which initializer, from which seed, and over what there is.

use std::sync::Arc;

use super::{Initializer, Uniform};
use crate::device::Device;
use crate::random;

/// How parameters get their first values.
///
/// Any initializer is one; the methods say more:
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::init::{Initialization, Xavier};
///
/// let initialization = Initialization::from(Xavier::default()).seed(42).force();
/// ```
#[derive(Clone, Debug)]
pub struct Initialization {
    pub(crate) init: Arc<dyn Initializer>,
    seed: Option<u64>,
    pub(crate) force: bool,
    pub(crate) device: Option<Device>,
}

impl Default for Initialization {
    /// `Uniform(0.07)`, as in Gluon; initialized parameters are left alone.
    fn default() -> Initialization {
        Initialization::from(Uniform::default())
    }
}

impl<I: Initializer + 'static> From<I> for Initialization {
    /// By this initializer, from a seed that the thread's generator gives.
    fn from(init: I) -> Initialization {
        Initialization { init: Arc::new(init), seed: None, force: false, device: None }
    }
}

impl Initialization {
    /// From this seed: equal ones give equal values, whatever was drawn before. Each parameter draws
    /// from a stream made of the seed and its structural name.
    ///
    /// Without it, each call of `initialize` takes a seed from the thread's generator, which
    /// [`random::seed`](crate::random::seed) sets.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::init::{Initialization, Xavier};
    /// use gluon::{Block, nn::Dense, random};
    ///
    /// let values = |how: Initialization| {
    ///     let mut layer = Dense::new(2).in_units(3);
    ///     layer.initialize_with(how)?;
    ///     layer.weight.data()
    /// };
    /// let seeded = || values(Initialization::from(Xavier::default()).seed(42));
    /// assert_eq!(seeded()?, seeded()?);
    /// let unseeded = || values(Xavier::default().into());
    /// random::seed(1);
    /// let (first, second) = (unseeded()?, unseeded()?);
    /// random::seed(1);
    /// assert_eq!((first.clone(), second.clone()), (unseeded()?, unseeded()?));
    /// assert_ne!(first, second);
    /// # Ok::<(), gluon::Error>(())
    /// ```
    pub fn seed(self, seed: u64) -> Initialization {
        Initialization { seed: Some(seed), ..self }
    }

    /// Also for parameters that are initialized already.
    pub fn force(self) -> Initialization {
        Initialization { force: true, ..self }
    }

    /// The seed that was given, or the next of this thread's generator.
    pub(crate) fn next_seed(&self) -> u64 {
        self.seed.unwrap_or_else(random::next_u64)
    }

    /// On this device, instead of the one each parameter was declared for.
    pub fn on(self, device: Device) -> Initialization {
        Initialization { device: Some(device), ..self }
    }
}
