//! How values are to be drawn: by which initializer, from which seed, and over what there is.

use std::sync::Arc;

use super::{Initializer, Uniform};
use crate::device::Device;

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
    pub(crate) seed: u64,
    pub(crate) force: bool,
    pub(crate) device: Option<Device>,
}

impl Default for Initialization {
    /// `Uniform(0.07)` from seed 0, as in Gluon; initialized parameters are left alone.
    fn default() -> Initialization {
        Initialization::from(Uniform::default())
    }
}

impl<I: Initializer + 'static> From<I> for Initialization {
    /// By this initializer, from seed 0.
    fn from(init: I) -> Initialization {
        Initialization { init: Arc::new(init), seed: 0, force: false, device: None }
    }
}

impl Initialization {
    /// From another seed. Each parameter draws from a stream made of the seed and its structural
    /// name.
    pub fn seed(self, seed: u64) -> Initialization {
        Initialization { seed, ..self }
    }

    /// Also for parameters that are initialized already. They draw the same values again unless
    /// initializer or seed differ.
    pub fn force(self) -> Initialization {
        Initialization { force: true, ..self }
    }

    /// On this device, instead of the one each parameter was declared for.
    pub fn on(self, device: Device) -> Initialization {
        Initialization { device: Some(device), ..self }
    }
}
