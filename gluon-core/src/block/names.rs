//! Names: both of Gluon's naming systems, from one walk.

/// The structural path and the scoped prefix of the place a walk has reached.
///
/// - *structural* (`hidden.weight`, `layers.2.bias`): field names, indices and keys joined by dots;
/// - *scoped* (`mlp0_dense0_weight`): each block adds its hint and a number counted per hint
///   within its parent block; containers add nothing to blocks, and their index to parameters.
#[derive(Debug)]
pub(crate) struct Names {
    path: String,
    /// What scoped names in the innermost block begin with: `mlp0_dense0_`.
    prefix: String,
    scopes: Vec<Scope>,
    /// Prefix of the root block, if the caller chose one.
    root_prefix: Option<String>,
}

#[derive(Debug)]
struct Scope {
    /// Length of the prefix outside of the block.
    outer: usize,
    /// Length of the path at which the block begins.
    path_len: usize,
    /// How many children each hint has named so far.
    counts: Vec<(String, usize)>,
}

impl Names {
    pub(crate) fn new(root_prefix: Option<&str>) -> Names {
        Names {
            path: String::new(),
            prefix: String::new(),
            scopes: Vec::new(),
            root_prefix: root_prefix.map(str::to_owned),
        }
    }

    /// The structural name of the place: empty at the root.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The prefix of scoped names in the innermost block: `mlp0_dense0_`.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The scoped name of the parameter at this place.
    pub(crate) fn scoped(&self) -> String {
        let path_len = self.scopes.last().map_or(0, |scope| scope.path_len);
        let own = self.path[path_len..].trim_start_matches('.');
        let mut name = String::with_capacity(self.prefix.len() + own.len());
        name.push_str(&self.prefix);
        for (index, part) in own.split('.').enumerate() {
            name.push_str(if index > 0 { "_" } else { "" });
            name.push_str(part);
        }
        name
    }

    /// Steps into the member `segment` and returns the mark to step back to.
    pub(crate) fn push(&mut self, segment: &str) -> usize {
        let mark = self.path.len();
        if mark > 0 {
            self.path.push('.');
        }
        self.path.push_str(segment);
        mark
    }

    /// Steps back out of a member.
    pub(crate) fn pop(&mut self, mark: usize) {
        self.path.truncate(mark);
    }

    /// Opens the scope of a block with the given hint.
    pub(crate) fn enter(&mut self, hint: &str) {
        let outer = self.prefix.len();
        let number = self.scopes.last_mut().map(|parent| parent.next(hint));
        match (number, &self.root_prefix) {
            (None, Some(chosen)) => self.prefix.push_str(chosen),
            (number, _) => {
                self.prefix.extend([hint, &number.unwrap_or(0).to_string(), "_"]);
            }
        }
        self.scopes.push(Scope { outer, path_len: self.path.len(), counts: Vec::new() });
    }

    /// Closes the innermost block's scope.
    pub(crate) fn leave(&mut self) {
        if let Some(scope) = self.scopes.pop() {
            self.prefix.truncate(scope.outer);
        }
    }
}

impl Scope {
    fn next(&mut self, hint: &str) -> usize {
        match self.counts.iter_mut().find(|(known, _)| known == hint) {
            Some((_, count)) => {
                *count += 1;
                *count
            }
            None => {
                self.counts.push((hint.to_owned(), 0));
                0
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_counted_within_their_parent() {
        let mut names = Names::new(None);
        names.enter("mlp");
        let mut seen = Vec::new();
        for (field, hint) in [("hidden", "dense"), ("act", "relu"), ("output", "dense")] {
            let mark = names.push(field);
            names.enter(hint);
            let inner = names.push("weight");
            seen.push((names.path().to_owned(), names.scoped()));
            names.pop(inner);
            names.leave();
            names.pop(mark);
        }
        let expected = [
            ("hidden.weight", "mlp0_dense0_weight"),
            ("act.weight", "mlp0_relu0_weight"),
            ("output.weight", "mlp0_dense1_weight"),
        ];
        assert_eq!(seen, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }

    #[test]
    fn containers_number_parameters_but_not_blocks() {
        let mut names = Names::new(Some("net_"));
        names.enter("net");
        let layers = names.push("layers");
        let first = names.push("1");
        assert_eq!(names.scoped(), "net_layers_1");
        names.enter("dense");
        names.push("bias");
        assert_eq!(names.path(), "layers.1.bias");
        assert_eq!(names.scoped(), "net_dense0_bias");
        names.leave();
        names.pop(first);
        names.pop(layers);
        assert_eq!(names.path(), "");
    }
}
