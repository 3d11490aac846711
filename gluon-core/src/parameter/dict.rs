//! Dictionaries of parameters: what a walk over a model collects.

use std::fmt;
use std::ops::Deref;

use regex_lite::Regex;

use super::Parameter;
use crate::error::{Error, Result};
use crate::tape::GradReq;

/// The parameters of a model in declaration order, each storage once.
///
/// A shared parameter is listed under its first name; the others are its
/// [`aliases`](Entry::aliases).
#[derive(Debug, Default)]
pub struct ParameterDict {
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
    /// Adds a parameter under its names; an alias if it is there already.
    pub(crate) fn insert(&mut self, parameter: &Parameter, path: &str, name: String) {
        match self.entries.iter_mut().find(|entry| entry.parameter.is_same(parameter)) {
            Some(entry) => entry.aliases.push(path.to_owned()),
            None => self.entries.push(Entry {
                parameter: parameter.share(),
                name,
                path: path.to_owned(),
                aliases: Vec::new(),
            }),
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
        let mut names: Vec<(&str, &str)> = Vec::new();
        for entry in &self.entries {
            names.extend(entry.paths().map(|path| (path, path)));
            names.push((entry.name(), entry.path()));
        }
        names.sort();
        let clash = names.windows(2).find(|pair| {
            // A root parameter's two names may well be equal to each other.
            pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1
        });
        match clash {
            Some(pair) => Err(Error::DuplicateName {
                name: pair[0].0.to_owned(),
                first: pair[0].1.to_owned(),
                second: pair[1].1.to_owned(),
            }),
            None => Ok(()),
        }
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

    /// The parameters whose scoped name matches `pattern` from its start, as in Gluon: `.*weight`,
    /// `mlp0_dense0`.
    ///
    /// # Errors
    /// [`Error::BadArgument`] if `pattern` is not a regular expression.
    pub fn select(&self, pattern: &str) -> Result<ParameterDict> {
        let regex = at_start(pattern)?;
        Ok(self.filter(|entry| regex.is_match(entry.name())))
    }

    /// The parameters one of whose structural names matches `pattern` from its start.
    ///
    /// # Errors
    /// [`Error::BadArgument`] if `pattern` is not a regular expression.
    pub fn select_path(&self, pattern: &str) -> Result<ParameterDict> {
        let regex = at_start(pattern)?;
        Ok(self.filter(|entry| entry.paths().any(|path| regex.is_match(path))))
    }

    /// The parameters for which `keep` is true.
    pub fn filter(&self, keep: impl Fn(&Entry) -> bool) -> ParameterDict {
        let entries = self.entries.iter().filter(|e| keep(e)).map(Entry::share).collect();
        ParameterDict { entries, broken: self.broken.clone() }
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

    /// Sets the [factor on the weight decay](Parameter::set_wd_mult) of every parameter.
    pub fn set_wd_mult(&self, factor: f64) {
        self.iter().for_each(|entry| entry.set_wd_mult(factor));
    }
}

fn at_start(pattern: &str) -> Result<Regex> {
    Regex::new(&format!("^(?:{pattern})")).map_err(|error| Error::BadArgument {
        op: "select",
        argument: "pattern",
        expected: "a regular expression",
        found: format!("`{pattern}`: {error}"),
    })
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

/// Gluon's form: a line each between parentheses.
impl fmt::Display for ParameterDict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "(")?;
        for entry in self {
            writeln!(f, "  {entry}")?;
        }
        f.write_str(")")
    }
}

/// `Parameter mlp0_dense0_weight (shape=(256, 20), dtype=float32)`, with the aliases.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_constant() { "Constant" } else { "Parameter" };
        let (name, shape, dtype) = (&self.name, self.shape(), self.dtype());
        write!(f, "{kind} {name} (shape={shape}, dtype={dtype})")
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
