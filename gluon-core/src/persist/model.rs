//! Models in files: saving and loading the parameters of a block.

use std::path::Path;

use super::array::Array;
use super::contents::Arrays;
use super::format;
use super::load::Load;
use super::plan::Plan;
pub(crate) use super::plan::Request;
use super::report::Report;
use super::undo::Undo;
use crate::block::Block;
use crate::error::{Error, Result};
use crate::parameter::ParameterDict;

/// Saving and loading models; every [`Block`] can.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Block, Forward, Tensor, nn::Dense, persist::Persist};
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("net.params");
/// let mut net = Dense::new(4).in_units(3);
/// net.initialize()?;
/// net.save_parameters(&path)?;                    // MXNet can read it
///
/// let mut again = Dense::new(4);                  // no `initialize` needed
/// let report = again.load_parameters(&path)?;
/// assert_eq!(report.loaded, ["weight", "bias"]);
/// let x = Tensor::ones([2, 3]);
/// assert_eq!(again.forward(&x)?, net.forward(&x)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Persist: Block {
    /// Writes every parameter to the file at `path`, [atomically](super::atomic::write), in the
    /// [`Format`](super::Format) of its extension: `.params`, as MXNet writes it, unless that says otherwise.
    ///
    /// Keys are structural names. A shared parameter stands under each of its names.
    ///
    /// # Errors
    /// [`Error::BrokenTie`] if a declared tie does not hold, [`Error::DuplicateName`] if two
    /// parameters have the same name, [`Error::NotInitialized`] or [`Error::Deferred`] if one has
    /// no values, [`Error::Io`] if the file cannot be written, [`Error::BadArgument`] if its extension
    /// is one by which others know another format, such as `.pt`. The old file is as it was then.
    fn save_parameters(&self, path: impl AsRef<Path>) -> Result<()> {
        format::write(path, &Arrays::Dict(arrays(self.collect_params())?))
    }

    /// Takes the values of every parameter from the file at `path`, whose first bytes tell its
    /// [`Format`](super::Format).
    ///
    /// No `initialize` is needed; unknown sizes become known. Keys are structural names, or the
    /// scoped ones of older and of exported Gluon models. Declared ties hold afterwards.
    ///
    /// Nothing changes before everything was read. What a model has memory for is read twice, to see
    /// that it can be and then over the old values, so that a large model is not in memory twice;
    /// handles taken by [`data`](crate::Parameter::data) before keep the old values.
    ///
    /// # Errors
    /// [`Error::Misfits`] with everything that does not fit, [`Error::Io`] and [`Error::Format`]
    /// if the file cannot be read, [`Error::TieMismatch`] if a declared tie cannot hold. The model
    /// is as it was then, unless the file is changed while it is read for the second time.
    fn load_parameters(&mut self, path: impl AsRef<Path>) -> Result<Report>
    where
        Self: Sized,
    {
        self.load_parameters_with(path, &Load::new())
    }

    /// [`load_parameters`](Persist::load_parameters), less strictly.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::{Block, nn::Dense, persist::Persist};
    /// use gluon::persist::{Cast, Load};
    ///
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("net.params");
    /// # let mut net = Dense::new(4).in_units(3);
    /// # net.initialize()?;
    /// # net.save_parameters(&path)?;
    /// let mut bare = Dense::new(4).no_bias();
    /// let dry = bare.load_parameters_with(&path, &Load::new().dry_run())?;
    /// assert!(!dry.fits());
    /// println!("{dry}");                              // array `bias` is not in the model
    /// bare.load_parameters_with(&path, &Load::new().ignore_extra().cast_dtype(Cast::ToModel))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`load_parameters`](Persist::load_parameters), and [`Error::BadArgument`] if a
    /// pattern of `load` is not a regular expression.
    fn load_parameters_with(&mut self, path: impl AsRef<Path>, load: &Load) -> Result<Report>
    where
        Self: Sized,
    {
        let path = path.as_ref();
        let rules = load.compile()?;
        let (format, index) = format::index(path)?;
        let request = Request { path, format, index: &index, load, rules: &rules };
        load_index(self, &request, &|_| Ok(()))
    }
}

impl<B: Block> Persist for B {}

/// What a file of these parameters holds: each under every name it has, in order.
pub(crate) fn arrays(parameters: ParameterDict) -> Result<Vec<(String, Array)>> {
    parameters.check()?;
    let mut arrays = Vec::with_capacity(parameters.len());
    for entry in parameters {
        let data = entry.data().map_err(|error| match error {
            Error::NotInitialized { .. } => Error::NotInitialized { name: entry.path().to_owned() },
            Error::Deferred { input, shape, .. } => {
                Error::Deferred { input, name: entry.path().to_owned(), shape }
            }
            other => other,
        })?;
        let array = Array::from(&data);
        arrays.extend(entry.into_paths().map(|path| (path, array.clone())));
    }
    Ok(arrays)
}

/// Loads a file that was indexed, unless `check` refuses the parameters that are to be loaded.
pub(crate) fn load_index<B: Block>(
    model: &mut B,
    request: &Request<'_>,
    check: &dyn Fn(&ParameterDict) -> Result<()>,
) -> Result<Report> {
    let parameters = model.collect_params();
    match parameters.check() {
        Err(Error::BrokenTie { .. }) => {}
        checked => return checked.and_then(|()| load(model, &parameters, request, check)),
    }
    drop(parameters);
    // Tying again changes the model, which has to be as it was if the file does not fit.
    let undo = Undo::new(model);
    let outcome = tie(model).and_then(|parameters| load(model, &parameters, request, check));
    if outcome.is_err() || request.load.dry_run {
        undo.restore(model);
    }
    outcome
}

fn tie<B: Block>(model: &mut B) -> Result<ParameterDict> {
    model.tie()?;
    let parameters = model.collect_params();
    parameters.check()?;
    Ok(parameters)
}

/// Loads a file into the parameters of a model whose ties hold.
fn load<B: Block>(
    model: &B,
    parameters: &ParameterDict,
    request: &Request<'_>,
    check: &dyn Fn(&ParameterDict) -> Result<()>,
) -> Result<Report> {
    let prefix = format!("{}0_", model.hint());
    let plan = Plan::new(parameters, &prefix, request)?;
    if request.load.dry_run {
        return Ok(plan.into_report());
    }
    let plan = plan.checked()?;
    check(parameters)?;
    parameters.give_names();
    plan.apply()
}
