//! A model in an older edition, with `gluon` under another name; `edition2021` is this file too.

#![deny(warnings)]

use neural::nn::Dense;
use neural::prelude::*;

/// A block of every kind of field.
#[derive(Block)]
#[block(sequential, crate = neural)]
pub struct Net<T> {
    #[new(Dense::new(2).relu())]
    hidden: Dense,
    #[shared(hidden)]
    again: Dense,
    #[new(Dense::new(2))]
    #[shared(weight = hidden.weight)]
    more: Dense,
    body: T,
    #[block(skip)]
    #[new(Vec::new())]
    cache: Vec<f32>,
    #[new(vec![Box::new(Choice::Dense(Dense::new(1)))])]
    choices: Vec<Box<dyn Layer>>,
}

/// A block of several forms.
#[derive(Block)]
#[block(sequential, crate = ::neural)]
pub enum Choice {
    /// Nothing to do.
    Identity,
    /// A layer.
    Dense(Dense),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renamed_dependency_in_an_older_edition() {
        let net = Net::new(sequential![a: Dense::new(2), #[shared(a)] _, [Dense::new(1); 2]]);
        assert!(net.again.weight.is_same(&net.hidden.weight));
        assert!(net.more.weight.is_same(&net.hidden.weight));
        assert_eq!(net.collect_params().len(), 11);
    }
}
