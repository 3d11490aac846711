//! Dictionaries of parameters: what a walk over a model collects.

use std::fmt;
use std::ops::{Deref, Index};

use super::Parameter;
use crate::device::Device;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hash::Map;
use crate::init::Initialization;
use crate::tape::GradReq;

/// The parameters of a model in declaration order, each storage once.
///
/// A shared parameter is listed under its first name; the others are its
/// [`aliases`](Entry::aliases).
#[derive(Debug, Default)]
pub struct ParameterDict {
    prefix: String,
    entries: Vec<Entry>,
    broken: Vec<Tie>,
}

/// One parameter of a [`ParameterDict`] with its names. Derefs to the parameter.
pub struct Entry {
    parameter: Parameter,
    name: String,
    path: String,
    aliases: Vec<String>,
}

#[derive(Clone, Debug)]
struct Tie {
    field: String,
    target: String,
}

impl Entry {
    /// The scoped name: `mlp0_dense0_weight`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The canonical structural name: `hidden.weight`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Further structural names of the same parameter, in order.
    pub fn aliases(&self) -> &[String] {
        &self.aliases
    }

    /// All structural names, the canonical one first.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.path.as_str()).chain(self.aliases.iter().map(String::as_str))
    }

    /// [`paths`](Entry::paths) of an entry that is not needed any more.
    pub(crate) fn into_paths(self) -> impl Iterator<Item = String> {
        std::iter::once(self.path).chain(self.aliases)
    }

    /// The parameter.
    pub fn parameter(&self) -> &Parameter {
        &self.parameter
    }

    fn share(&self) -> Entry {
        Entry {
            parameter: self.parameter.share(),
            name: self.name.clone(),
            path: self.path.clone(),
            aliases: self.aliases.clone(),
        }
    }
}

impl Deref for Entry {
    type Target = Parameter;

    fn deref(&self) -> &Parameter {
        &self.parameter
    }
}

impl ParameterDict {
    /// Adds a parameter that is not there yet, under its names.
    pub(crate) fn push(&mut self, parameter: &Parameter, path: &str, name: String) {
        let (parameter, path) = (parameter.share(), path.to_owned());
        self.entries.push(Entry { parameter, name, path, aliases: Vec::new() });
    }

    /// Adds another structural name of the parameter at `index`.
    pub(crate) fn add_alias(&mut self, index: usize, path: &str) {
        self.entries[index].aliases.push(path.to_owned());
    }

    /// Gives every parameter the names it has here.
    pub(crate) fn give_names(&self) {
        for entry in self {
            entry.rename(entry.path(), entry.name());
        }
    }

    /// Remembers a declared tie that does not hold, by the paths of both sides.
    pub(crate) fn add_broken(&mut self, field: String, target: String) {
        self.broken.push(Tie { field, target });
    }

    /// Checks that names are unique and that every declared tie holds.
    ///
    /// # Errors
    /// [`Error::DuplicateName`] or [`Error::BrokenTie`].
    pub fn check(&self) -> Result<()> {
        self.check_names()?;
        match self.broken.first() {
            Some(Tie { field, target }) => {
                Err(Error::BrokenTie { field: field.clone(), target: target.clone() })
            }
            None => Ok(()),
        }
    }

    fn check_names(&self) -> Result<()> {
        let mut owners = Map::with_capacity_and_hasher(2 * self.len(), Default::default());
        for entry in self {
            for name in entry.paths().chain([entry.name()]) {
                let owner = *owners.entry(name).or_insert(entry);
                // A root parameter's two names may well be equal to each other.
                if !std::ptr::eq(owner, entry) {
                    return Err(Error::DuplicateName {
                        name: name.to_owned(),
                        first: owner.path.clone(),
                        second: entry.path.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    /// What scoped names in here begin with: `mlp0_`.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Sets the prefix; names are as they were inserted.
    pub(crate) fn set_prefix(&mut self, prefix: &str) {
        prefix.clone_into(&mut self.prefix);
    }

    /// The number of parameters.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The number of values in all parameters whose shape is known, each storage counted once.
    pub fn size(&self) -> usize {
        self.entries.iter().map(|entry| entry.shape().size()).sum()
    }

    /// The parameters in declaration order.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.entries.iter()
    }

    /// The parameter of this scoped or structural name, aliases included.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name || entry.paths().any(|p| p == name))
    }

    /// The parameters for which `keep` is true.
    pub fn filter(&self, keep: impl Fn(&Entry) -> bool) -> ParameterDict {
        let entries = self.entries.iter().filter(|e| keep(e)).map(Entry::share).collect();
        ParameterDict { prefix: self.prefix.clone(), entries, broken: self.broken.clone() }
    }

    /// Gives every parameter its first values, each by its own initializer, else by that of `how`.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::{Block, init::{Constant, Initialization}, nn::Dense, sequential};
    ///
    /// let mut net = sequential![Dense::new(4).in_units(2), Dense::new(1).in_units(4)];
    /// net.initialize()?;
    /// let ones = Initialization::from(Constant(1.0)).force();
    /// net.collect_params().select_path("1.weight")?.initialize(&ones)?;
    /// assert_eq!(net.get::<Dense>(1).unwrap().weight.data()?.sum()?.item()?, 4.0);
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// What an initializer returns. No parameter has changed then.
    pub fn initialize(&self, how: &Initialization) -> Result<()> {
        let entries: Vec<&Entry> = self.iter().filter(|entry| entry.takes_values(how)).collect();
        if entries.is_empty() {
            return Ok(());
        }
        let seed = how.next_seed();
        let values: Vec<_> =
            entries.iter().map(|entry| entry.first_values(how, seed)).collect::<Result<_>>()?;
        entries.iter().zip(values).for_each(|(entry, values)| entry.begin(values));
        Ok(())
    }

    /// Adds the parameters of another dictionary; those that are here already stay once.
    ///
    /// # Errors
    /// [`Error::DuplicateName`] if two different parameters have the same name. Nothing has been
    /// added then.
    pub fn update(&mut self, other: &ParameterDict) -> Result<()> {
        let mut both = self.filter(|_| true);
        let known: Map<usize, ()> = self.iter().map(|entry| (entry.id(), ())).collect();
        let new = other.iter().filter(|entry| !known.contains_key(&entry.id()));
        both.entries.extend(new.map(Entry::share));
        both.broken.extend(other.broken.iter().cloned());
        both.check_names()?;
        *self = both;
        Ok(())
    }

    /// The scoped names, in order; Gluon's `keys`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.iter().map(Entry::name)
    }

    /// The canonical structural names, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.iter().map(Entry::path)
    }

    /// Sets every gradient to zero.
    pub fn zero_grad(&self) {
        self.iter().for_each(|entry| entry.zero_grad());
    }

    /// Sets what `backward` does with every gradient; [`GradReq::Null`] freezes.
    pub fn set_grad_req(&self, req: GradReq) {
        self.iter().for_each(|entry| entry.set_grad_req(req));
    }

    /// Sets the [factor on the learning rate](Parameter::set_lr_mult) of every parameter.
    pub fn set_lr_mult(&self, factor: f64) {
        self.iter().for_each(|entry| entry.set_lr_mult(factor));
    }

    /// Sets the factor on the weight decay of every parameter.
    pub fn set_wd_mult(&self, factor: f64) {
        self.iter().for_each(|entry| entry.set_wd_mult(factor));
    }

    /// Converts values and gradients to `dtype`.
    ///
    /// # Panics
    /// **If `dtype` is not a type of floats**: the values would be cut off.
    #[track_caller]
    pub fn cast(&self, dtype: DType) {
        for entry in self {
            entry.cast(dtype);
        }
    }

    /// Moves values and gradients to `device`; Gluon's `reset_ctx`.
    pub fn to_device(&self, device: Device) {
        self.iter().for_each(|entry| entry.to_device(device));
    }
}

/// The parameter at an index, in declaration order.
///
/// # Panics
/// **If there are not so many.**
impl Index<usize> for ParameterDict {
    type Output = Entry;

    #[track_caller]
    fn index(&self, index: usize) -> &Entry {
        &self.entries[index]
    }
}

/// The parameter of a scoped or structural name: `params["hidden.weight"]`.
///
/// # Panics
/// **If there is none.** [`get`](ParameterDict::get) asks.
impl Index<&str> for ParameterDict {
    type Output = Entry;

    #[track_caller]
    fn index(&self, name: &str) -> &Entry {
        match self.get(name) {
            Some(entry) => entry,
            None if self.is_empty() => panic!("no parameter `{name}`; there are none"),
            None => {
                let both = |entry: &Entry| format!("`{}` or `{}`", entry.path(), entry.name());
                let known: Vec<String> = self.iter().map(both).collect();
                panic!("no parameter `{name}`; there are {}", known.join(", "))
            }
        }
    }
}

impl IntoIterator for ParameterDict {
    type Item = Entry;
    type IntoIter = std::vec::IntoIter<Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'d> IntoIterator for &'d ParameterDict {
    type Item = &'d Entry;
    type IntoIter = std::slice::Iter<'d, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Gluon's form: the prefix, then a line each between parentheses.
impl fmt::Display for ParameterDict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space = if self.prefix.is_empty() { "" } else { " " };
        writeln!(f, "{}{space}(", self.prefix)?;
        if self.is_empty() {
            writeln!(f)?;
        }
        for entry in self {
            writeln!(f, "  {entry}")?;
        }
        f.write_str(")")
    }
}

/// The parameter under the name that it has here: `Parameter mlp0_dense0_weight (shape=(256, 20),
/// dtype=float32)`.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.declared().write(&self.name, f)
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
