//! Initializing a model.

use super::member::Member;
use super::{collect, tie};
use crate::error::Result;
use crate::init::Initialization;

pub(super) fn initialize<M: Member + ?Sized>(root: &mut M, how: &Initialization) -> Result<()> {
    tie::retie_all(root)?;
    collect::name(root, None);
    let parameters = collect::collect(root, None);
    parameters.check()?;
    parameters.initialize(how)
}
