//! Names: what the arrays of a file are called in a model.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::load::Rules;
use crate::hash::Map;
use crate::parameter::ParameterDict;

/// The parameters of a model by each of their names.
pub(super) struct Names<'d> {
    /// Made when it is needed: most files have structural names in the model's order.
    by_path: OnceCell<Map<&'d str, usize>>,
    /// Likewise.
    by_scoped: OnceCell<Map<&'d str, usize>>,
    parameters: &'d ParameterDict,
    /// What the scoped names begin with: `mlp0_`.
    prefix: &'d str,
}

/// How a file names its arrays.
///
/// Gluon's `save_parameters` writes structural names; its older `collect_params().save` and
/// `export` write scoped ones, which never contain a dot.
enum Scheme<'k> {
    /// `hidden.weight`
    Structural,
    /// `mlp0_dense0_weight`
    Scoped,
    /// `dense0_weight`: without the root's own prefix
    Relative,
    /// `net_dense0_weight`: the root has another prefix in the file
    Rerooted(&'k str),
}

/// What became of the name of an array.
pub(super) struct Resolved<'k> {
    /// What the rules made of it.
    pub(super) name: Cow<'k, str>,
    /// The parameter it stands for: an index into the dictionary.
    pub(super) parameter: Option<usize>,
}

impl<'d> Names<'d> {
    /// The names of `parameters`, whose scoped ones begin with `prefix`.
    pub(super) fn new(parameters: &'d ParameterDict, prefix: &'d str) -> Names<'d> {
        Names { by_path: OnceCell::new(), by_scoped: OnceCell::new(), parameters, prefix }
    }

    /// All structural names, each with the index of its parameter.
    fn paths(&self) -> impl Iterator<Item = (&'d str, usize)> + use<'d> {
        let entries = self.parameters.iter().enumerate();
        entries.flat_map(|(index, entry)| entry.paths().map(move |path| (path, index)))
    }

    fn structural(&self, name: &str) -> Option<&usize> {
        self.by_path.get_or_init(|| self.paths().collect()).get(name)
    }

    fn scoped(&self, name: &str) -> Option<&usize> {
        let entries = self.parameters.iter().enumerate();
        let make = || entries.map(|(index, entry)| (entry.name(), index)).collect();
        self.by_scoped.get_or_init(make).get(name)
    }

    /// The parameters that the arrays called `keys` stand for.
    pub(super) fn resolve<'k>(&self, keys: &[&'k str], rules: &Rules) -> Vec<Resolved<'k>> {
        let names: Vec<Cow<'k, str>> =
            keys.iter().map(|key| rules.rename(self.without_kind(key))).collect();
        let scheme = self.scheme(&names);
        let mut expected = self.paths().peekable();
        let mut find = |name: &str| match scheme {
            Scheme::Structural => match expected.next_if(|(path, _)| *path == name) {
                Some((_, index)) => Some(index),
                None => self.find(name, &scheme),
            },
            _ => self.find(name, &scheme),
        };
        let parameters: Vec<_> = names.iter().map(|name| find(name)).collect();
        let pairs = names.into_iter().zip(parameters);
        pairs.map(|(name, parameter)| Resolved { name, parameter }).collect()
    }

    /// The name without the `arg:` or `aux:` of exported models.
    fn without_kind<'k>(&self, key: &'k str) -> &'k str {
        let stripped = key.strip_prefix("arg:").or_else(|| key.strip_prefix("aux:"));
        stripped.filter(|_| self.structural(key).is_none()).unwrap_or(key)
    }

    /// The scheme by which most names are those of parameters.
    fn scheme<'n>(&self, names: &'n [Cow<'_, str>]) -> Scheme<'n> {
        let mut best = Scheme::Structural;
        if names.is_empty() || names.iter().any(|name| name.contains('.')) {
            return best;
        }
        let count = |scheme: &Scheme<'_>| {
            names.iter().filter(|name| self.find(name, scheme).is_some()).count()
        };
        let mut most = count(&best);
        let rerooted = prefixes(names).map(Scheme::Rerooted);
        for scheme in [Scheme::Scoped, Scheme::Relative].into_iter().chain(rerooted) {
            let matches = count(&scheme);
            if matches > most {
                (best, most) = (scheme, matches);
            }
        }
        best
    }

    fn find(&self, name: &str, scheme: &Scheme<'_>) -> Option<usize> {
        let own = |relative: &str| self.scoped(&format!("{}{relative}", self.prefix));
        match scheme {
            Scheme::Structural => self.structural(name),
            Scheme::Scoped => self.scoped(name),
            Scheme::Relative => own(name),
            Scheme::Rerooted(prefix) => own(name.strip_prefix(prefix)?),
        }
        .copied()
    }
}

/// The prefixes that all names have in common and that end a part of a name: `net_`, `net_dense0_`.
fn prefixes<'n>(names: &'n [Cow<'_, str>]) -> impl Iterator<Item = &'n str> {
    let mut common = names.first().map_or("", |name| name);
    for name in names {
        let equal = common.char_indices().zip(name.chars()).find(|((_, a), b)| a != b);
        let end = equal.map_or(common.len().min(name.len()), |((index, _), _)| index);
        common = &common[..end];
    }
    common.match_indices('_').map(move |(index, _)| &common[..=index])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::parameter::Parameter;
    use crate::persist::load::Load;

    #[test]
    fn names_are_found_in_any_order() {
        let mut parameters = ParameterDict::default();
        for path in ["a.weight", "a.bias", "b.weight"] {
            parameters.push(&Parameter::new([1]), path, path.replace('.', "_"));
        }
        parameters.add_alias(0, "c.weight");
        let rules = Load::new().compile().unwrap();
        for (keys, expected) in [
            (
                &["a.weight", "c.weight", "a.bias", "b.weight"][..],
                &[Some(0), Some(0), Some(1), Some(2)][..],
            ),
            (
                &["b.weight", "a.bias", "c.weight", "a.weight"],
                &[Some(2), Some(1), Some(0), Some(0)],
            ),
            (&["a.weight", "d.weight", "b.weight", "a.bias"], &[Some(0), None, Some(2), Some(1)]),
            (&["b_weight", "a_weight"], &[Some(2), Some(0)]),
        ] {
            let resolved = Names::new(&parameters, "net0_").resolve(keys, &rules);
            let found: Vec<_> = resolved.iter().map(|name| name.parameter).collect();
            assert_eq!(found, expected, "{keys:?}");
        }
    }

    #[test]
    fn common_prefixes_end_parts_of_names() {
        let names = ["net_dense0_weight", "net_dense0_bias"].map(Cow::from);
        assert_eq!(prefixes(&names).collect::<Vec<_>>(), ["net_", "net_dense0_"]);
        let names = ["dense0_weight", "dense1_bias", "d"].map(Cow::from);
        assert_eq!(prefixes(&names).count(), 0);
        let names = ["é_a", "è_a"].map(Cow::from);
        assert_eq!(prefixes(&names).count(), 0);
    }
}
