//! Generated code draws no warning in a crate that denies all of them, clippy's pedantic ones too.

#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, unused_results)]
#![deny(future_incompatible, let_underscore, nonstandard_style, rust_2018_idioms, unused)]
#![deny(single_use_lifetimes, trivial_casts, trivial_numeric_casts, unused_lifetimes)]
#![deny(
    missing_debug_implementations,
    redundant_lifetimes,
    unit_bindings,
    explicit_outlives_requirements
)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery, clippy::cargo)]
#![forbid(unsafe_code)]
#![allow(clippy::cargo_common_metadata, clippy::multiple_crate_versions)]

/// Blocks of every form.
pub mod blocks {
    use std::marker::PhantomData;

    use gluon::nn::{Dense, Sequential};
    use gluon::prelude::*;

    /// Named fields.
    #[derive(Block, Debug)]
    #[block(hint = "net")]
    pub struct Named<T> {
        /// A size.
        pub units: usize,
        #[new(Dense::new(units))]
        hidden: Dense,
        #[shared(hidden)]
        again: Dense,
        #[new(Dense::new(3))]
        #[shared(weight = hidden.weight)]
        head: Dense,
        body: T,
        marker: PhantomData<fn() -> T>,
        #[block(skip)]
        #[new(Vec::new())]
        cache: Vec<f32>,
        one: u8,
        two: u8,
        three: u8,
        four: u8,
        five: u8,
        six: u8,
    }

    /// A tuple struct.
    #[derive(Block, Debug)]
    #[block(sequential)]
    pub struct Tuple(#[new(Dense::new(3))] Dense, #[shared(0)] Dense);

    /// A unit struct.
    #[derive(Block, Debug, Clone, Copy)]
    #[block(new, sequential)]
    pub struct Unit;

    /// A struct with an old layer.
    #[expect(missing_debug_implementations, reason = "it is old")]
    #[derive(Block)]
    pub struct Old {
        #[allow(deprecated)]
        layer: Older,
    }

    /// A layer that is no longer used.
    #[deprecated]
    #[derive(Block)]
    #[block(sequential)]
    #[allow(missing_copy_implementations, missing_debug_implementations)]
    pub struct Older {
        layer: Option<Unit>,
    }

    /// A block with a lifetime.
    #[derive(Block, Debug)]
    pub struct Borrowed<'a> {
        name: &'a str,
        layer: Dense,
    }

    /// An enum.
    #[derive(Block, Debug)]
    #[block(sequential)]
    pub enum Choice<const N: usize> {
        /// No layer.
        Nothing,
        /// One layer.
        One(Dense),
        /// Several layers.
        Several {
            /// The layers.
            layers: [Dense; N],
            /// Something else.
            #[block(skip)]
            rest: String,
        },
    }

    /// A net.
    #[must_use]
    pub fn net(units: usize) -> Sequential {
        sequential![
            first: Dense::new(units),
            #[shared(first)]
            Dense::new(units),
            #[shared(first)]
            _,
            [Dense::new(3); 2],
            #[shared(bias = first.bias)]
            last: Dense::new(units),
        ]
    }
}

#[test]
fn it_compiles() {
    assert_eq!(blocks::net(2).len(), 6);
}
