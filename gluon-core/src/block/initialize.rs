//! Initializing a model.

use super::collect;
use super::visit::Root;
use crate::error::Result;
use crate::init::Initialization;

/// Names and initializes the parameters of `root`, whose ties hold.
pub(super) fn initialize(root: Root<'_, '_>, how: &Initialization) -> Result<()> {
    let parameters = collect::collect(root, None);
    parameters.give_names();
    parameters.check()?;
    parameters.initialize(how)
}
