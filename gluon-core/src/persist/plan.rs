//! Plans: what a file would do to a model, found out before anything changes.

use std::collections::HashMap;
use std::path::Path;

use super::array::Array;
use super::format::Format;
use super::index::{self, Index, Stored};
use super::load::{Cast, Load, Rules};
use super::names::{Names, Resolved};
use super::near::near;
use super::report::{Converted, Renamed, Report, Tied};
use crate::dtype::DType;
use crate::error::{Error, Misfit, Result};
use crate::parameter::{Entry, ParameterDict};
use crate::tensor::Tensor;

/// Names beyond this many are not searched for similar ones.
const MOST_SEARCHED: usize = 500;

/// A file that was read, and how it is to be loaded into a model.
pub(crate) struct Request<'f> {
    pub(crate) path: &'f Path,
    pub(crate) format: Format,
    pub(crate) index: &'f Index,
    pub(crate) load: &'f Load,
    pub(crate) rules: &'f Rules,
}

/// What a file would do to a model.
pub(super) struct Plan<'d> {
    report: Report,
    changes: Vec<Change<'d>>,
}

/// New values for one parameter.
struct Change<'d> {
    parameter: &'d Entry,
    /// The type that the parameter takes before.
    cast: Option<DType>,
    array: &'d (String, Stored),
}

impl<'d> Plan<'d> {
    /// Compares the arrays of a file with `parameters`, whose scoped names begin with `prefix`.
    pub(super) fn new(
        parameters: &'d ParameterDict,
        prefix: &str,
        request: &Request<'d>,
    ) -> Result<Plan<'d>> {
        let Request { path, format, index, load, .. } = *request;
        let report = Report {
            path: path.to_path_buf(),
            format,
            loaded: Vec::new(),
            missing: Vec::new(),
            extra: Vec::new(),
            mismatched: Vec::new(),
            renamed: Vec::new(),
            converted: Vec::new(),
            tied: Vec::new(),
            unselected: Vec::new(),
            notes: index.notes.clone(),
            allowed: [load.allow_missing, load.ignore_extra],
        };
        let mut plan = Plan { report, changes: Vec::new() };
        if index.named || index.entries.is_empty() {
            plan.match_up(parameters, prefix, request)?;
        } else {
            plan.report.mismatched.push(Misfit::Unnamed { count: index.entries.len() });
        }
        Ok(plan)
    }

    fn match_up(
        &mut self,
        parameters: &'d ParameterDict,
        prefix: &str,
        request: &Request<'d>,
    ) -> Result<()> {
        let Request { load, rules, .. } = *request;
        let arrays = &request.index.entries;
        let keys: Vec<&str> = arrays.iter().map(|(key, _)| key.as_str()).collect();
        let resolved = Names::new(parameters, prefix).resolve(&keys, rules);
        self.check_renamed(&keys, &resolved);

        let selected = |entry: &Entry| -> bool { entry.paths().any(|path| rules.selects(path)) };
        let mut found: Vec<(usize, &'d (String, Stored))> = Vec::with_capacity(arrays.len());
        let mut extra: Vec<(&str, &str)> = Vec::new();
        for (item, Resolved { name, parameter }) in arrays.iter().zip(&resolved) {
            let entry = parameter.and_then(|index| parameters.iter().nth(index));
            let is_selected = entry.map_or_else(|| rules.selects(name), selected);
            match *parameter {
                _ if !is_selected => self.report.unselected.push(item.0.clone()),
                Some(index) => found.push((index, item)),
                None if item.1.may_lack => {}
                None => extra.push((&item.0, name)),
            }
        }

        found.sort_by_key(|(index, _)| *index);
        let in_file = !found.is_empty() || !extra.is_empty();
        let mut found = &*found;
        let mut missing: Vec<&Entry> = Vec::new();
        for (index, entry) in parameters.iter().enumerate() {
            let count = found.iter().take_while(|(of, _)| *of == index).count();
            let (own, rest) = found.split_at(count);
            found = rest;
            match own.split_first() {
                Some((&(_, first), others)) => {
                    let others: Vec<_> = others.iter().map(|(_, other)| *other).collect();
                    self.assign(entry, first, &others, load)?;
                }
                None if selected(entry) => missing.push(entry),
                None => {}
            }
        }
        if let Some(pattern) = rules.selection()
            && !in_file
            && missing.is_empty()
            && !(load.allow_missing && load.ignore_extra)
        {
            self.report.mismatched.push(Misfit::Unselected { pattern: pattern.to_owned() });
        }
        self.suggest(&missing, &extra);
        Ok(())
    }

    /// Two names that a rule makes equal would leave it to chance which one counts.
    fn check_renamed(&mut self, keys: &[&str], resolved: &[Resolved<'_>]) {
        // those of a file differ
        if keys.iter().zip(resolved).all(|(key, Resolved { name, .. })| key == name) {
            return;
        }
        let mut first: HashMap<&str, &str> = HashMap::new();
        for (&key, Resolved { name, .. }) in keys.iter().zip(resolved) {
            if let Some(first) = first.insert(name, key) {
                self.report.mismatched.push(Misfit::SameName {
                    name: name.to_string(),
                    first: first.to_owned(),
                    second: key.to_owned(),
                });
            }
        }
    }

    /// Plans to give `entry` the values of the array `first`, to which `others` must be equal.
    fn assign(
        &mut self,
        entry: &'d Entry,
        first: &'d (String, Stored),
        others: &[&(String, Stored)],
        load: &Load,
    ) -> Result<()> {
        let before = self.report.mismatched.len();
        for item in std::iter::once(first).chain(others.iter().copied()) {
            self.check(entry, item, load);
        }
        let name = || entry.path().to_owned();
        if self.report.mismatched.len() == before {
            for item in others {
                if !Stored::equal([first, *item])? {
                    let (first, second) = (first.0.clone(), item.0.clone());
                    let misfit = Misfit::Disagreement { name: name(), first, second };
                    self.report.mismatched.push(misfit);
                    break;
                }
            }
        }
        if self.report.mismatched.len() > before {
            return Ok(());
        }

        if !others.is_empty() {
            let keys = std::iter::once(first).chain(others.iter().copied());
            let keys = keys.map(|(key, _)| key.clone()).collect();
            self.report.tied.push(Tied { name: name(), keys });
        }
        let (own, found) = (entry.dtype(), first.1.dtype);
        let mut cast = None;
        if own != found {
            let to_file = load.cast == Some(Cast::ToFile);
            cast = to_file.then_some(found);
            let (from, to) = if to_file { (own, found) } else { (found, own) };
            self.report.converted.push(Converted { name: name(), from, to });
        }
        self.report.loaded.push(name());
        self.changes.push(Change { parameter: entry, cast, array: first });
        Ok(())
    }

    /// Whether `entry` can take an array by shape and type.
    fn check(&mut self, entry: &Entry, (key, array): &(String, Stored), load: &Load) {
        let name = entry.path();
        if entry.paths().all(|path| path != key) {
            self.report.renamed.push(Renamed { key: key.clone(), name: name.to_owned() });
        }
        let names = || (name.to_owned(), key.clone());
        let (expected, found) = (entry.shape(), array.shape);
        let is_whole = found.is_known() || (entry.is_initialized() && expected == found);
        if !is_whole || entry.merged(&found).is_err() {
            let (name, key) = names();
            self.report.mismatched.push(Misfit::Shape { name, key, expected, found });
        } else if load.cast.is_none() && entry.dtype() != array.dtype {
            let ((name, key), expected, found) = (names(), entry.dtype(), array.dtype);
            self.report.mismatched.push(Misfit::DType { name, key, expected, found });
        }
    }

    /// Reports what has no counterpart, with names that may be meant; arrays have one in the file and
    /// one that the rules made of it.
    fn suggest(&mut self, missing: &[&Entry], extra: &[(&str, &str)]) {
        let similar = |name: &str, index: usize, names: &mut dyn Iterator<Item = &str>| {
            if index < MOST_SEARCHED { near(name, names.take(MOST_SEARCHED)) } else { Vec::new() }
        };
        for (index, entry) in missing.iter().enumerate() {
            let near = similar(entry.path(), index, &mut extra.iter().map(|(key, _)| *key));
            self.report.missing.push(Misfit::Missing { name: entry.path().to_owned(), near });
        }
        for (index, &(key, name)) in extra.iter().enumerate() {
            let near = similar(name, index, &mut missing.iter().map(|entry| entry.path()));
            let renamed = (name != key).then(|| name.to_owned());
            self.report.extra.push(Misfit::Extra { key: key.to_owned(), renamed, near });
        }
    }

    /// The plan itself if the file fits.
    ///
    /// # Errors
    /// [`Error::Misfits`] with everything that does not fit.
    pub(super) fn checked(self) -> Result<Plan<'d>> {
        let misfits: Vec<Misfit> = self.report.misfits().cloned().collect();
        if misfits.is_empty() {
            return Ok(self);
        }
        Err(Error::Misfits { path: self.report.path, misfits })
    }

    /// The report, without doing anything.
    pub(super) fn into_report(self) -> Report {
        self.report
    }

    /// Changes the model, once all arrays have been read.
    ///
    /// Those that the model has memory for are read twice: first to see that they can be, then over
    /// its values, so that there is no second model in memory.
    pub(super) fn apply(mut self) -> Result<Report> {
        // small arrays that follow each other in the file are read at once
        self.changes.sort_by_key(|change| change.array.1.start());
        let arrays = index::each(&self.changes, Change::size, &Change::prepare)?;
        let (mut over, mut others) = (Vec::new(), Vec::new());
        for (change, array) in self.changes.iter().zip(arrays) {
            match array {
                Some(array) => others.push((change, array)),
                None => over.push(change),
            }
        }
        index::each(&over, |change| change.size(), &|change| change.overwrite())?;
        for (change, array) in others {
            change.replace(*array)?;
        }
        Ok(self.report)
    }
}

impl Change<'_> {
    fn size(&self) -> usize {
        self.array.1.shape.size()
    }

    /// The array, or nothing if it can be read over the values of the parameter.
    fn prepare(&self) -> Result<Option<Box<Array>>> {
        let (name, array) = self.array;
        if let Some(plain) = array.as_plain()
            && self.cast.is_none()
            && self.parameter.overwrite(array.dtype, &array.shape, |_| ()).is_some()
        {
            plain.check(name)?;
            return Ok(None);
        }
        array.read(name).map(Box::new).map(Some)
    }

    /// Reads the array over the values of the parameter, unless somebody sees them by now.
    fn overwrite(&self) -> Result<()> {
        let (name, array) = self.array;
        let read = array.as_plain().and_then(|plain| {
            let read = |values: &mut [u8]| plain.read_into(name, values);
            self.parameter.overwrite(array.dtype, &array.shape, read)
        });
        match read {
            Some(read) => read,
            None => self.replace(array.read(name)?),
        }
    }

    /// Gives the parameter the values of `array`.
    fn replace(&self, array: Array) -> Result<()> {
        if let Some(dtype) = self.cast {
            self.parameter.cast(dtype);
        }
        self.parameter.set_data(&Tensor::from(array))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::parameter::Parameter;
    use crate::persist::plain::Plain;
    use crate::persist::source::Source;

    #[test]
    fn a_handle_taken_after_the_check_keeps_the_old_values() {
        let old = Tensor::from([1.0f32, 2.0]);
        let weight = Parameter::constant(old.copy());
        let mut parameters = ParameterDict::default();
        parameters.push(&weight, "weight", "weight".to_owned());
        let bytes: Vec<u8> = [3.0f32, 4.0].iter().flat_map(|x| x.to_le_bytes()).collect();
        let source = Arc::new(Source::memory(Arc::new(bytes), "a".as_ref()));
        let plain = Plain::new(&source, 0..8);
        let array = ("weight".to_owned(), Stored::plain(DType::F32, 2.into(), plain));
        let change = Change { parameter: &parameters[0], cast: None, array: &array };

        assert!(change.prepare().unwrap().is_none());
        let handle = weight.data().unwrap();
        change.overwrite().unwrap();
        assert_eq!(handle, old);
        assert_eq!(weight.data().unwrap(), Tensor::from([3.0f32, 4.0]));
    }
}
