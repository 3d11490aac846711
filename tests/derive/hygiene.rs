#![allow(dead_code)]

use std::collections::BTreeMap;

use gluon::prelude::*;

use crate::fixture::{Dense, check, walk};

#[test]
fn raw_identifiers() {
    #[derive(Block)]
    struct r#Loop {
        #[new(Dense::new(2))]
        r#type: Dense,
        #[shared(r#type)]
        r#match: Dense,
        r#fn: Option<Box<r#Loop>>,
    }

    let net = r#Loop::new(None);
    check(
        &net,
        &[
            "type.weight loop0_dense0_weight",
            "type.bias loop0_dense0_bias",
            "match.weight loop0_dense1_weight",
            "match.bias loop0_dense1_bias",
            "match = type",
        ],
    );
    assert!(net.r#match.weight.is_same(&net.r#type.weight));
}

#[test]
fn fields_named_like_generated_variables() {
    #[derive(Block)]
    struct Net {
        #[new(Dense::new(1))]
        block: Dense,
        #[new(Dense::new(block.units))]
        walk: Dense,
        #[shared(walk)]
        map: Dense,
        #[new(Dense::new(1))]
        #[shared(weight = map.weight)]
        source: Dense,
        input: usize,
    }

    let net = Net::new(3);
    assert!(net.source.weight.is_same(&net.walk.weight));
}

#[test]
fn structs_made_by_a_macro() {
    macro_rules! net {
        ($name:ident, $field:ident: $layer:ty = $value:expr, $again:ident) => {
            #[derive(Block)]
            struct $name {
                units: usize,
                #[new($value)]
                $field: $layer,
                #[shared($field)]
                $again: $layer,
                #[new(Dense::new(units))]
                own: Dense,
            }
        };
    }

    net!(Made, hidden: Dense = Dense::new(4), again);
    let net = Made::new(3);
    assert!(net.again.weight.is_same(&net.hidden.weight));
    assert_eq!((net.hidden.units, net.own.units), (4, 3));

    macro_rules! pair {
        ($($layer:ty),*; $($units:expr),*) => {
            #[derive(Block)]
            struct Pair($(#[new(Dense::new($units))] $layer),*, #[shared(0)] Dense, #[new(_0.units)] usize);
        };
    }

    pair!(Dense, Dense; 1, 2);
    let pair = Pair::new();
    assert!(pair.2.weight.is_same(&pair.0.weight));
    assert_eq!(pair.3, 1);
}

#[test]
fn shadowed_names() {
    #[allow(non_camel_case_types)]
    mod shadows {
        use ::gluon::{Block, Member, sequential};

        use crate::fixture::Dense;

        struct Option;
        struct Result;
        struct Vec;
        struct Box;
        struct String;
        struct Default;
        struct Clone;
        struct Some;
        struct Ok;
        struct Self_;
        struct usize;
        struct str;
        mod core {}
        mod std {}
        mod gluon {}
        mod alloc {}

        #[derive(Block)]
        #[block(describe = Net::line, sequential)]
        pub(super) struct Net {
            #[new(Dense::new(2))]
            hidden: Dense,
            #[shared(hidden)]
            again: Dense,
            #[new(())]
            #[block(skip)]
            nothing: (),
            #[new(sequential![a: Dense::new(1), #[shared(a)] _, [Dense::new(1); 2]])]
            rest: ::gluon::nn::Sequential,
        }

        impl Net {
            fn line(&self) -> ::std::string::String {
                ::std::convert::From::from("a net")
            }
        }

        pub(super) fn build() -> ::std::boxed::Box<dyn Member> {
            ::std::boxed::Box::new(Net::new())
        }
    }

    assert_eq!(walk(&*shadows::build()).len(), 14);
}

#[test]
fn no_prelude_at_all() {
    #[no_implicit_prelude]
    mod bare {
        use ::gluon::{Block, sequential};
        use ::std::marker::PhantomData;

        use crate::fixture::Dense;

        #[derive(Block)]
        #[block(sequential)]
        pub(super) struct Net<T> {
            #[new(Dense::new(2))]
            pub(super) hidden: Dense,
            #[shared(hidden)]
            pub(super) again: Dense,
            #[new(Dense::new(2))]
            #[shared(bias = again.bias)]
            pub(super) more: Dense,
            layer: T,
            marker: PhantomData<u8>,
            #[block(skip)]
            #[new(::std::string::String::new())]
            note: ::std::string::String,
        }

        pub(super) fn build() -> ::gluon::nn::Sequential {
            sequential![a: Dense::new(1), #[shared(a)] _, [Dense::new(1); 2], #[shared(weight = a.weight)] Dense::new(1)]
        }
    }

    let net = bare::Net::new(Dense::new(1));
    assert!(net.more.bias.is_same(&net.hidden.bias));
    assert_eq!(bare::build().len(), 5);
}

#[test]
fn lifetimes_of_every_name() {
    #[derive(Block)]
    struct Net<'walk, 'a> {
        layer: Dense,
        name: &'walk str,
        other: &'a str,
    }

    check(
        &Net { layer: Dense::new(1), name: "a", other: "b" },
        &["layer.weight net0_dense0_weight", "layer.bias net0_dense0_bias"],
    );
}

#[test]
fn bounds_and_associated_types() {
    trait Family {
        type Body;
        type Unused;
    }

    struct Wide;

    impl Family for Wide {
        type Body = Dense;
        type Unused = Wide;
    }

    #[derive(Block)]
    struct Net<F: Family, T>
    where
        T: Iterator<Item = u8>,
    {
        #[new(Vec::new())]
        bodies: Vec<F::Body>,
        #[new([None, None])]
        more: [Option<<F as Family>::Body>; 2],
        #[block(skip)]
        iterator: T,
        by_key: BTreeMap<String, (F::Body, usize)>,
    }

    let net = Net::<Wide, _>::new(std::iter::empty(), BTreeMap::new());
    assert!(net.bodies.is_empty());

    #[derive(Block)]
    #[block(bound = "T: Layer")]
    struct Own<T> {
        layer: T,
    }

    fn is_block<B: Block>() {}
    is_block::<Own<Dense>>();

    // The parameter need not be a member: its own impl says what is.
    #[derive(Block)]
    #[block(bound = "")]
    struct Free<T> {
        #[block(skip)]
        config: T,
    }

    is_block::<Free<std::rc::Rc<u8>>>();
}

#[test]
fn a_struct_in_a_function_with_items_of_its_own() {
    fn build() -> impl Block {
        const UNITS: usize = 3;
        fn units() -> usize {
            UNITS
        }

        #[derive(Block)]
        struct Net {
            #[new(Dense::new(units()))]
            layer: Dense,
        }

        Net::new()
    }

    assert_eq!(build().collect_params().len(), 2);
}

#[test]
fn unsized_and_boxed_members() {
    #[derive(Block)]
    #[block(sequential)]
    struct Net {
        #[new(Box::new(Dense::new(1)))]
        boxed: Box<Dense>,
        #[new(Box::new(Dense::new(1)))]
        any: Box<dyn Layer>,
        #[shared(any)]
        again: Box<dyn Layer>,
        #[new(vec![Some((Dense::new(1), 3)), None])]
        nested: Vec<Option<(Dense, usize)>>,
    }

    let net = Net::new();
    let params = net.collect_params();
    assert_eq!(params.len(), 6);
    check(
        &net,
        &[
            "boxed.weight net0_dense0_weight",
            "boxed.bias net0_dense0_bias",
            "any.weight net0_dense1_weight",
            "any.bias net0_dense1_bias",
            "again.weight net0_dense2_weight",
            "again.bias net0_dense2_bias",
            "again = any",
            "nested.0.0.weight net0_dense3_weight",
            "nested.0.0.bias net0_dense3_bias",
        ],
    );
}

#[test]
fn plain_data() {
    use std::num::NonZeroU8;
    use std::ops::RangeInclusive;
    use std::path::PathBuf;
    use std::time::Duration;

    #[derive(Block)]
    #[block(sequential)]
    struct Data {
        number: u64,
        float: f32,
        flag: bool,
        letter: char,
        text: String,
        name: &'static str,
        path: PathBuf,
        wait: Duration,
        range: RangeInclusive<usize>,
        nonzero: Option<NonZeroU8>,
        sizes: (usize, [f32; 3], Vec<String>),
        unit: (),
        function: fn(f32) -> f32,
        by_reference: fn(&Tensor, &str) -> f32,
    }

    fn is_layer<L: Layer>() {}
    is_layer::<Data>();
}

#[test]
fn empty_enums_and_structs() {
    #[derive(Block)]
    #[block(sequential)]
    enum Never {}

    #[derive(Block)]
    #[block(sequential, new)]
    struct Braces {}

    #[derive(Block)]
    #[block(sequential, new = make)]
    struct Parentheses();

    fn is_layer<L: Layer>() {}
    is_layer::<Never>();
    check(&Braces::new(), &[]);
    check(&Parentheses::make(), &[]);
}
