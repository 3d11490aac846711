//! Near names: what somebody may have meant.

/// The most names to suggest.
const MOST: usize = 3;

/// Those of `candidates` that are most similar to `name`, the nearest first.
///
/// A name that ends in the other (`encoder.hidden.weight`, `hidden.weight`) is near; else at most a
/// third of the letters may differ.
pub(super) fn near<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Vec<String> {
    let limit = (name.chars().count() / 3).max(1);
    let mut found: Vec<(usize, &str)> = candidates
        .filter_map(|candidate| Some((distance(name, candidate, limit)?, candidate)))
        .collect();
    found.sort();
    found.truncate(MOST);
    found.into_iter().map(|(_, candidate)| candidate.to_owned()).collect()
}

/// How different two names are, if not more than `limit`.
fn distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    if ends_in(a, b) || ends_in(b, a) {
        return Some(1);
    }
    edits(a, b, limit)
}

/// Whether `long` is `short` within further blocks.
fn ends_in(long: &str, short: &str) -> bool {
    long.strip_suffix(short).is_some_and(|rest| rest.ends_with('.'))
}

/// The number of letters to insert, remove or replace, if not more than `limit`.
///
/// # Source
/// Wagner & Fischer, *The string-to-string correction problem*, JACM 21(1), 1974.
fn edits(a: &str, b: &str, limit: usize) -> Option<usize> {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
        if row.iter().all(|&edits| edits > limit) {
            return None;
        }
    }
    row.last().copied().filter(|&edits| edits <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_come_first() {
        let names = ["hiden.weight", "hidden.bias", "output.weight", "net.hidden.weight"];
        let found = near("hidden.weight", names.into_iter());
        assert_eq!(found, ["hiden.weight", "net.hidden.weight"]);
        assert!(near("embedding", names.into_iter()).is_empty());
    }

    #[test]
    fn edits_are_counted_up_to_the_limit() {
        for (a, b, expected) in [("", "", 0), ("ab", "ba", 2), ("kitten", "sitting", 3)] {
            assert_eq!(edits(a, b, 3), Some(expected), "{a} {b}");
            assert_eq!(edits(b, a, 3), Some(expected), "{b} {a}");
        }
        assert_eq!(edits("kitten", "sitting", 2), None);
    }
}
