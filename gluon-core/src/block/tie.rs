//! Ties: making one member's parameters those of another, and checking that they are.

use super::member::Member;
use super::visit::{Place, Root, RootMut, Tie, Visitor, VisitorMut, Walk, WalkMut, root};
use crate::error::{Error, Result};
use crate::hash::Map;
use crate::parameter::{Parameter, ParameterDict};

/// The parameters of a member by their names relative to it.
#[derive(Default)]
struct Relative<'a>(Vec<(String, &'a Parameter)>);

impl<'a> Visitor<'a> for Relative<'a> {
    fn parameter(&mut self, place: &Place<'_>, parameter: &'a Parameter) {
        self.0.push((place.path().to_owned(), parameter));
    }
}

fn relative<'a>(member: Root<'a, '_>) -> Vec<(String, &'a Parameter)> {
    let mut list = Relative::default();
    Walk::lead(member, None, &mut list);
    list.0
}

/// The parameters of a member by their names in it, at each of their places.
pub(crate) fn named_parameters(member: &dyn Member) -> Vec<(String, &Parameter)> {
    relative(&root(member))
}

/// Whether every parameter of `member` is the one of the same relative name in `source`.
pub(super) fn holds(member: &dyn Member, source: &dyn Member) -> bool {
    let (members, sources) = (named_parameters(member), named_parameters(source));
    members.len() == sources.len()
        && members.iter().zip(&sources).all(|(a, b)| a.0 == b.0 && a.1.is_same(b.1))
}

/// Makes the parameters of `member` those of `source`; the source's values win.
///
/// # Errors
/// What does not fit, in words: parameters that only one of them has, or known sizes that differ.
/// Nothing has changed then.
pub fn retie(member: &mut dyn Member, source: &dyn Member) -> Result<(), String> {
    let sources = named_parameters(source);
    compare(&named_parameters(member), &sources)?;
    WalkMut::run(member, None, &mut Replace { sources: by_path(&sources) });
    Ok(())
}

fn compare(
    members: &[(String, &Parameter)],
    sources: &[(String, &Parameter)],
) -> Result<(), String> {
    let [own, others] = [members, sources].map(by_path);
    if let Some((path, _)) = members.iter().find(|(path, _)| !others.contains_key(&**path)) {
        return Err(format!("only the first has a parameter `{path}`"));
    }
    sources.iter().try_for_each(|(path, source)| match own.get(&**path) {
        Some(member) => fits(path, member, source),
        None => Err(format!("only the second has a parameter `{path}`")),
    })
}

fn by_path<'l, 'a>(list: &'l [(String, &'a Parameter)]) -> Map<&'l str, &'a Parameter> {
    list.iter().map(|(path, parameter)| (&**path, *parameter)).collect()
}

/// Checks that the parameters at `path` of two members can be one.
fn fits(path: &str, member: &Parameter, source: &Parameter) -> Result<(), String> {
    let both = || match path {
        "" => "they".to_owned(),
        path => format!("their parameters `{path}`"),
    };
    if source.merged(&member.shape()).is_err() {
        let (first, second) = (member.shape(), source.shape());
        return Err(format!("{} have shapes {first} and {second}", both()));
    }
    if source.dtype() != member.dtype() {
        let (first, second) = (member.dtype(), source.dtype());
        return Err(format!("{} are of type {first} and {second}", both()));
    }
    Ok(())
}

/// Every place of `sources`, each of which has a counterpart in `member`.
///
/// # Errors
/// [`Error::TieMismatch`] if a source has no counterpart, or another shape or type.
pub(super) fn fitting<'s>(
    member: Root<'_, '_>,
    sources: &'s ParameterDict,
) -> Result<Vec<(String, &'s Parameter)>> {
    let sources: Vec<(String, &Parameter)> = sources
        .iter()
        .flat_map(|entry| entry.paths().map(|path| (path.to_owned(), entry.parameter())))
        .collect();
    let own = relative(member);
    let own = by_path(&own);
    for source in &sources {
        let misfit = match own.get(&*source.0) {
            Some(own) => fits("", own, source.1).err(),
            None => Some("there is no such parameter; select those that are shared".to_owned()),
        };
        if let Some(reason) = misfit {
            let field = source.0.clone();
            // Nobody has named the parameters of a layer that was built by itself.
            let target = Some(source.1.path()).filter(|path| !path.is_empty());
            let target = target.unwrap_or_else(|| field.clone());
            return Err(Error::TieMismatch { field, target, reason });
        }
    }
    Ok(sources)
}

/// Makes the parameters of `member` those of the same path in `sources`.
pub(super) fn replace(member: RootMut<'_>, sources: Vec<(String, &Parameter)>) {
    WalkMut::lead(member, None, &mut Replace { sources: by_path(&sources) });
}

/// Replaces the parameters of a member by those of the same relative name.
struct Replace<'a> {
    sources: Map<&'a str, &'a Parameter>,
}

impl VisitorMut for Replace<'_> {
    fn parameter(&mut self, place: &Place<'_>, parameter: &mut Parameter) {
        if let Some(source) = self.sources.get(place.path())
            && !source.is_same(parameter)
        {
            // Sizes that only one of the two knows are known to both from here on.
            let _ = source.set_shape(parameter.shape());
            *parameter = source.share();
        }
    }
}

/// Ties again whatever is declared as tied in `root`.
///
/// # Errors
/// [`Error::TieMismatch`] for the first tie that cannot hold.
pub(super) fn retie_all(root: RootMut<'_>) -> Result<()> {
    let mut all = RetieAll { error: None };
    WalkMut::lead(root, None, &mut all);
    all.error.map_or(Ok(()), Err)
}

struct RetieAll {
    error: Option<Error>,
}

impl VisitorMut for RetieAll {
    fn tie(&mut self, place: &Place<'_>, tie: Tie<'_, &mut dyn Member, &dyn Member>) {
        if let Err(reason) = retie(tie.member, tie.source) {
            let (field, target) = (place.join(tie.field), place.join(tie.target));
            self.error.get_or_insert(Error::TieMismatch { field, target, reason });
        }
    }
}
