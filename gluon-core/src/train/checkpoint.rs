//! Checkpoints: training in a file, to be resumed as if it had never stopped.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{State, Trainer};
use crate::block::Block;
use crate::error::{Error, Result};
use crate::optim::Schedule;
use crate::parameter::ParameterDict;
use crate::persist::format::check_extension;
use crate::persist::index::{Index, Stored};
use crate::persist::model::{Request, arrays, load_index};
use crate::persist::native::{self, Extras, Image, Slot, Training};
use crate::persist::source::Source;
use crate::persist::{Array, Arrays, Format, Load, Report, atomic};
use crate::random::{self, Generator};
use crate::tensor::Tensor;

/// A model, and where its training stands, in a `.gluon` file.
///
/// Training that is resumed from one takes the same steps, bit by bit, as training that went on:
/// the file holds the values, what the optimizer remembers of each parameter, the learning rate,
/// the state of the thread's [generator](crate::random::state), the number of steps, the seed, and
/// whatever else is [given](Checkpoint::with) to it. Take it after a step; gradients are not kept.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Block, nn::Dense, optim::Adam, train::{Checkpoint, Trainer}};
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("last.gluon");
/// let mut net = Dense::new(1).in_units(2);
/// net.initialize()?;
/// let trainer = Trainer::new(net.collect_params(), Adam::new(0.01))?;
/// let checkpoint = Checkpoint::new(&net)?.with_trainer(&trainer).with_step(120).with_seed(42);
/// checkpoint.with("best", &0.93)?.save(&path)?;
///
/// let checkpoint = Checkpoint::open(&path)?;
/// let mut net = Dense::new(1).in_units(2);
/// net.initialize()?;
/// let mut trainer = Trainer::new(net.collect_params(), Adam::new(0.01))?;
/// checkpoint.resume(&mut net, &mut trainer)?;
/// assert_eq!(checkpoint.step(), 120);
/// assert_eq!(checkpoint.get::<f64>("best")?, Some(0.93));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Checkpoint {
    /// Where it was read from; empty if it was not.
    path: PathBuf,
    index: Index,
    extras: Extras,
}

/// The key of the generator's state; the user's keys do not begin like it.
const RANDOM: &str = "gluon.random";

/// The key of what the trainer's schedule remembers: its name and numbers.
const SCHEDULE: &str = "gluon.schedule";

impl Checkpoint {
    /// The values of `model` as they are now.
    ///
    /// # Errors
    /// As for [`save_parameters`](crate::Persist::save_parameters).
    pub fn new<B: Block>(model: &B) -> Result<Checkpoint> {
        let arrays = arrays(model.collect_params())?;
        let entries = arrays.into_iter().map(|(name, array)| (name, array.into())).collect();
        let index = Index { entries, named: true, notes: Vec::new() };
        Ok(Checkpoint { path: PathBuf::new(), index, extras: Extras::default() })
    }

    /// The same with what `trainer` and its schedule remember, its learning rate, and the state of
    /// this thread's generator, from which [`Dropout`](crate::nn::Dropout) draws.
    pub fn with_trainer(mut self, trainer: &Trainer) -> Checkpoint {
        let slots = trainer.state().into_iter().map(|State { parameter, count, tensors }| {
            let state = tensors.into_iter().map(|(name, t)| (name, Array::from(t).into()));
            Slot { parameter, count, state: state.collect() }
        });
        self.insert(RANDOM, &random::state());
        self.extras.training = Some(Training {
            optimizer: trainer.optimizer().name(),
            learning_rate: trainer.optimizer().learning_rate(),
            slots: slots.collect(),
        });
        self.extras.values.remove(SCHEDULE);
        if let Some(schedule) = trainer.schedule() {
            self.insert(SCHEDULE, &(schedule.name(), schedule.state()));
        }
        self
    }

    /// Keeps a value under a key of the library's own.
    pub(super) fn insert(&mut self, key: &str, value: &impl Serialize) {
        let bytes = postcard::to_allocvec(value).expect("a vector takes text and numbers");
        self.extras.values.insert(key.to_owned(), bytes);
    }

    /// The same after `step` steps.
    pub fn with_step(mut self, step: u64) -> Checkpoint {
        self.extras.step = step;
        self
    }

    /// The same with the seed of its random numbers.
    pub fn with_seed(mut self, seed: u64) -> Checkpoint {
        self.extras.seed = Some(seed);
        self
    }

    /// The same with a value of any type that serde knows: the
    /// [state](crate::random::Generator::state) of a generator, a configuration.
    ///
    /// It is kept in postcard's form, which has no names in it: the type must be the same when it
    /// is read. Keys that begin with `gluon.` are the library's own.
    ///
    /// # Errors
    /// [`Error::BadArgument`] if postcard cannot hold the value, or the key is the library's.
    pub fn with<T: Serialize + ?Sized>(mut self, key: &str, value: &T) -> Result<Checkpoint> {
        if is_own(key) {
            return Err(Error::BadArgument {
                op: "Checkpoint::with",
                argument: "key",
                expected: "one that does not begin with `gluon.`",
                found: format!("`{key}`"),
            });
        }
        let bytes = postcard::to_allocvec(value).map_err(|error| Error::BadArgument {
            op: "Checkpoint::with",
            argument: "value",
            expected: "something that postcard can hold",
            found: error.to_string(),
        })?;
        self.extras.values.insert(key.to_owned(), bytes);
        Ok(self)
    }

    /// Writes the file at `path`, [atomically](atomic::write), as `.gluon`.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written, [`Error::BadArgument`] if its extension is that of
    /// another format, such as `.params`.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        check_extension(path.as_ref(), true)?;
        let read = |(name, stored): &(String, Stored)| Ok((name.clone(), stored.read(name)?));
        let entries = self.index.entries.iter().map(read).collect::<Result<Vec<_>>>()?;
        let arrays = Arrays::Dict(entries);
        let image = Image::new(&arrays, &self.extras)?;
        atomic::write(path, |out| image.write(out))
    }

    /// Opens the file at `path`; values are read when they are needed.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read, [`Error::Format`] if its bytes are not valid.
    pub fn open(path: impl AsRef<Path>) -> Result<Checkpoint> {
        let path = path.as_ref();
        let (index, extras) = native::open(&Arc::new(Source::open(path)?))?;
        Ok(Checkpoint { path: path.to_path_buf(), index, extras })
    }

    /// The checkpoint of a file with these bytes, as [`open`](Checkpoint::open) reads it; `path`
    /// serves the errors.
    ///
    /// # Errors
    /// [`Error::Format`] if the bytes are not valid.
    pub fn from_bytes(
        bytes: impl AsRef<[u8]> + Send + Sync + 'static,
        path: impl AsRef<Path>,
    ) -> Result<Checkpoint> {
        let path = path.as_ref();
        let source = Source::memory(Arc::new(bytes), path);
        let (index, extras) = native::open(&Arc::new(source))?;
        Ok(Checkpoint { path: path.to_path_buf(), index, extras })
    }

    /// Makes `model` and `trainer` go on from here.
    ///
    /// The trainer is one of parameters of `model`, the same as were saved, with the same optimizer
    /// and the same kind of schedule; its learning rate becomes the file's, and this thread's
    /// generator goes on as the one that was saved. Which parameters are frozen, and their factors
    /// `lr_mult` and `wd_mult`, are in no file: set them as before. A schedule where training had none
    /// before begins at the number of steps. Gradients from before are set to zero.
    ///
    /// # Errors
    /// As for [`load`](Checkpoint::load), and [`Error::TrainerState`] if the file has no state of
    /// training, or that of another optimizer, schedule or other parameters, or a generator's that
    /// is none, or if the trainer is that of another model. Model, trainer and generator are as they
    /// were then.
    pub fn resume<B: Block>(&self, model: &mut B, trainer: &mut Trainer) -> Result<Report> {
        let Some(training) = &self.extras.training else {
            let expected = "a checkpoint with the state of a trainer".to_owned();
            return Err(Error::TrainerState { expected, found: "a model alone".to_owned() });
        };
        let name = trainer.optimizer().name();
        if name != training.optimizer {
            let expected = format!("the state of {name}");
            let found = format!("that of {}", training.optimizer);
            return Err(Error::TrainerState { expected, found });
        }
        let states = training.slots.iter().map(state).collect::<Result<Vec<_>>>()?;
        trainer.check_state(&states)?;
        let random = self.random()?;
        self.check_shapes(&states)?;
        let schedule = self.schedule(trainer)?;
        let before = trainer.schedule().map(Schedule::state);
        trainer.set_schedule_state(schedule.as_deref())?;
        let report = self.load_if(model, &Load::new(), &|all| are_of(trainer, all));
        let Ok(report) = report else {
            trainer.set_schedule_state(before.as_deref())?;
            return report;
        };
        trainer.set_state(&states)?;
        trainer.set_learning_rate(training.learning_rate);
        if let Some(random) = random {
            random::set_state(random.state())?;
        }
        model.collect_params().zero_grad();
        Ok(report)
    }

    /// Reads what the optimizer remembers, to see that it can be: opening a file looks at its header
    /// alone, and values of the model are checked when they are read.
    ///
    /// # Errors
    /// [`Error::Format`] if an array is not as its checksum says.
    pub fn verify_state(&self) -> Result<()> {
        let slots = self.extras.training.iter().flat_map(|training| &training.slots);
        slots.map(state).try_for_each(|state| state.map(drop))
    }

    /// What the schedule of `trainer` is to remember; nothing if there was none.
    fn schedule(&self, trainer: &Trainer) -> Result<Option<Vec<f64>>> {
        let Some((name, state)) = self.value::<(String, Vec<f64>)>(SCHEDULE)? else {
            return Ok(None);
        };
        match trainer.schedule().map(Schedule::name) {
            Some(own) if own == name => Ok(Some(state)),
            own => {
                let own = own.map_or("no schedule".to_owned(), |own| format!("schedule {own}"));
                let found = format!("that of {name}");
                Err(Error::TrainerState { expected: format!("the state of {own}"), found })
            }
        }
    }

    /// The generator in the file; files from before it was kept have none.
    fn random(&self) -> Result<Option<Generator>> {
        let Some(state) = self.value(RANDOM)? else { return Ok(None) };
        Generator::from_state(state).map(Some).map_err(|_| Error::TrainerState {
            expected: "the state of a generator".to_owned(),
            found: "four words that are 0".to_owned(),
        })
    }

    /// State has the shape of its parameter, also where the trainer does not know that yet.
    fn check_shapes(&self, states: &[State]) -> Result<()> {
        let arrays: HashMap<&str, &Stored> =
            self.index.entries.iter().map(|(name, stored)| (&**name, stored)).collect();
        for State { parameter, tensors, .. } in states {
            let Some(stored) = arrays.get(&**parameter) else { continue };
            for (name, tensor) in tensors {
                if stored.shape != *tensor.shape() {
                    let expected = format!("{name} of `{parameter}` of shape {}", stored.shape);
                    let found = format!("shape {}", tensor.shape());
                    return Err(Error::TrainerState { expected, found });
                }
            }
        }
        Ok(())
    }

    /// Takes the values of `model` from here, as
    /// [`load_parameters_with`](crate::Persist::load_parameters_with) does.
    ///
    /// # Errors
    /// As for that.
    pub fn load<B: Block>(&self, model: &mut B, load: &Load) -> Result<Report> {
        self.load_if(model, load, &|_| Ok(()))
    }

    /// [`load`](Checkpoint::load), unless `check` refuses the parameters of `model`.
    fn load_if<B: Block>(
        &self,
        model: &mut B,
        load: &Load,
        check: &dyn Fn(&ParameterDict) -> Result<()>,
    ) -> Result<Report> {
        let rules = load.compile()?;
        let (path, format, index) = (&*self.path, Format::Gluon, &self.index);
        load_index(model, &Request { path, format, index, load, rules: &rules }, check)
    }

    /// How many steps were done.
    pub fn step(&self) -> u64 {
        self.extras.step
    }

    /// The name of the optimizer, if the file has the state of a trainer.
    pub fn optimizer(&self) -> Option<&str> {
        Some(&*self.extras.training.as_ref()?.optimizer)
    }

    /// The learning rate, if the file has the state of a trainer.
    pub fn learning_rate(&self) -> Option<f64> {
        Some(self.extras.training.as_ref()?.learning_rate)
    }

    /// The seed of its random numbers, if it was [given](Checkpoint::with_seed).
    pub fn seed(&self) -> Option<u64> {
        self.extras.seed
    }

    /// What was [given](Checkpoint::with) under `key`, if anything was.
    ///
    /// # Errors
    /// [`Error::BadArgument`] if it is no `T`.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        if is_own(key) { Ok(None) } else { self.value(key) }
    }

    /// What stands under `key`, whoever put it there.
    pub(super) fn value<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let Some(bytes) = self.extras.values.get(key) else { return Ok(None) };
        let error = |found| Error::BadArgument {
            op: "Checkpoint::get",
            argument: "T",
            expected: "the type that was given",
            found,
        };
        match postcard::take_from_bytes(bytes) {
            Ok((value, [])) => Ok(Some(value)),
            Ok((_, rest)) => Err(error(format!("{} bytes too many in `{key}`", rest.len()))),
            Err(cause) => Err(error(format!("{cause} in `{key}`"))),
        }
    }

    /// The keys that were [given](Checkpoint::with), in alphabetical order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.extras.values.keys().map(String::as_str).filter(|key| !is_own(key))
    }
}

fn is_own(key: &str) -> bool {
    key.starts_with("gluon.")
}

/// All that `trainer` trains is among `parameters`, those of the model that is loaded.
fn are_of(trainer: &Trainer, parameters: &ParameterDict) -> Result<()> {
    let ids: HashSet<usize> = parameters.iter().map(|entry| entry.id()).collect();
    match trainer.parameters().find(|own| !ids.contains(&own.id())) {
        Some(own) => Err(Error::TrainerState {
            expected: format!("the model whose `{}` it trains", own.path()),
            found: "another; make the trainer of this model's `collect_params`".to_owned(),
        }),
        None => Ok(()),
    }
}

fn state(slot: &Slot) -> Result<State> {
    let read =
        |(name, stored): &(String, Stored)| Ok((name.clone(), Tensor::from(stored.read(name)?)));
    let tensors = slot.state.iter().map(read).collect::<Result<_>>()?;
    Ok(State { parameter: slot.parameter.clone(), count: slot.count, tensors })
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Checkpoint");
        text.field("arrays", &self.index.entries.len()).field("step", &self.extras.step);
        text.field("seed", &self.extras.seed).field("keys", &self.keys().collect::<Vec<_>>());
        text.finish_non_exhaustive()
    }
}
