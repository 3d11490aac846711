//! Targets of ties: looked up among the fields, and checked.

use syn::Member;

use super::model::{Field, Origin, Tie};
use crate::errors::Errors;
use crate::field_path::{self, FieldPath};
use crate::suggest;
use crate::tie::Shared;

/// Gives every field the ties that its `#[shared(..)]` declares.
pub(super) fn resolve(
    fields: &mut [Field],
    shared: Vec<Option<Shared>>,
    type_name: &str,
    errors: &mut Errors,
) {
    let declared = declared(shared);
    let links: Vec<Vec<Option<usize>>> = declared
        .iter()
        .map(|ties| ties.iter().map(|(_, source)| position(fields, &source.first)).collect())
        .collect();
    let mut reported = Vec::new();
    for (index, ties) in declared.into_iter().enumerate() {
        for ((member, source), found) in ties.into_iter().zip(&links[index]) {
            let checked = match found {
                None => Err(Some(no_field(fields, index, &source, type_name))),
                Some(target) if *target == index => Err(Some(itself(&fields[index]))),
                Some(target) if *target > index => {
                    Err(later(fields, &links, index, *target, &mut reported))
                }
                Some(target) if fields[*target].skip => Err(Some(format!(
                    "`{}` is `#[block(skip)]`: it is not a member, so it has nothing to share",
                    field_path::name(&source.first)
                ))),
                Some(target) => Ok(*target),
            };
            match checked {
                Ok(source_field) => fields[index].ties.push(Tie { member, source, source_field }),
                Err(Some(message)) => errors.on(&source.first, message),
                Err(None) => {}
            }
        }
    }
}

/// For each field, what is tied in it and to what.
fn declared(shared: Vec<Option<Shared>>) -> Vec<Vec<(Vec<Member>, FieldPath)>> {
    shared
        .into_iter()
        .map(|shared| match shared {
            None => Vec::new(),
            Some(Shared::Whole(source)) => vec![(Vec::new(), source)],
            Some(Shared::Parts(parts)) => parts
                .into_iter()
                .map(|part| {
                    let FieldPath { first, mut rest } = part.member;
                    rest.insert(0, first);
                    (rest, part.source)
                })
                .collect(),
        })
        .collect()
}

fn position(fields: &[Field], member: &Member) -> Option<usize> {
    let wanted = field_path::name(member);
    fields.iter().position(|field| field_path::name(&field.member) == wanted)
}

fn itself(field: &Field) -> String {
    let name = field_path::name(&field.member);
    match field.origin {
        Origin::Copy => format!("`{name}` cannot share its own parameters; name another field"),
        _ => format!("`{name}` cannot be tied to itself; name another field"),
    }
}

fn no_field(fields: &[Field], index: usize, source: &FieldPath, type_name: &str) -> String {
    let wanted = field_path::name(&source.first);
    let plain = format!("no field `{wanted}` in `{type_name}`");
    if let Some(field) = fields.iter().find(|field| field.name == wanted) {
        let name = field_path::name(&field.member);
        return format!("{plain}; the field named `{wanted}` in files is `{name}` here");
    }
    let mut names: Vec<String> =
        fields.iter().map(|field| field_path::name(&field.member)).collect();
    let own = names.remove(index);
    let near = match source.first {
        Member::Named(_) => suggest::nearest(&wanted, names.iter().map(String::as_str)),
        Member::Unnamed(_) => None,
    };
    match (near, names.as_slice()) {
        (Some(near), _) => format!("{plain}; did you mean `{near}`?"),
        (None, []) => format!("{plain}; `{own}` is its only field"),
        (None, [one]) => format!("{plain}; its other field is `{one}`"),
        (None, names) => format!("{plain}; its other fields are {}", suggest::list(names)),
    }
}

/// What is wrong with a tie from `index` to the later field `target`: a cycle, or the order.
///
/// A cycle is told once, of the first field in it.
fn later(
    fields: &[Field],
    links: &[Vec<Option<usize>>],
    index: usize,
    target: usize,
    reported: &mut Vec<usize>,
) -> Option<String> {
    let name = |index: usize| field_path::name(&fields[index].member);
    if let Some(cycle) = cycle(links, index, target) {
        if cycle.iter().any(|member| reported.contains(member)) {
            return None;
        }
        reported.extend(&cycle);
        let names: Vec<String> = cycle.into_iter().map(name).collect();
        return Some(format!(
            "{} share each other's parameters in a circle; one of them must have its own: `#[new(..)]` without `#[shared(..)]`",
            suggest::list(&names)
        ));
    }
    Some(format!(
        "`{}` is declared after `{}`; a source comes before what shares it",
        name(target),
        name(index)
    ))
}

/// The fields from `start` over `next` back to `start`, if ties lead there.
fn cycle(links: &[Vec<Option<usize>>], start: usize, next: usize) -> Option<Vec<usize>> {
    let mut trails = vec![vec![start, next]];
    let mut seen = vec![next];
    while let Some(trail) = trails.pop() {
        let last = *trail.last()?;
        for target in links[last].iter().flatten() {
            if *target == start {
                return Some(trail);
            }
            if !seen.contains(target) {
                seen.push(*target);
                let mut longer = trail.clone();
                longer.push(*target);
                trails.push(longer);
            }
        }
    }
    None
}
