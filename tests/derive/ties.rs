use gluon::DType;
use gluon::nn;
use gluon::prelude::*;

use crate::fixture::{Dense, walk_mut};

#[derive(Block)]
#[block(sequential)]
struct Tied {
    #[new(nn::Dense::new(3).in_units(3))]
    first: nn::Dense,
    #[shared(first)]
    second: nn::Dense,
}

#[test]
fn a_struct_literal_is_tied_by_initialize() -> Result<()> {
    let dense = || nn::Dense::new(3).in_units(3);
    let mut net = Tied { first: dense(), second: dense() };
    assert!(!net.second.weight.is_same(&net.first.weight));
    net.initialize()?;
    assert!(net.second.weight.is_same(&net.first.weight));
    assert_eq!(net.collect_params().len(), 2);
    Ok(())
}

/// Who exchanges parameters is shown each place by its names, a tie before the member that shares,
/// and blocks when all in them has been shown.
#[test]
fn a_walk_that_may_change_a_model_shows_its_names_ties_and_blocks() {
    #[derive(Block)]
    struct Outer {
        inner: Tied,
    }

    let mut net = Outer { inner: Tied::new() };
    let expected = [
        "inner.first.weight outer0_tied0_dense0_weight",
        "inner.first.bias outer0_tied0_dense0_bias",
        "inner.first is Dense",
        "second = first in inner",
        "inner.second.weight outer0_tied0_dense1_weight",
        "inner.second.bias outer0_tied0_dense1_bias",
        "inner.second is Dense",
        "inner is Tied",
        " is Outer",
    ];
    assert_eq!(walk_mut(&mut net), expected);
}

#[test]
fn copies_keep_the_ties_within_them() -> Result<()> {
    let mut net = Tied::new();
    net.initialize()?;
    let copy = net.duplicate();
    assert!(copy.second.weight.is_same(&copy.first.weight));
    assert!(!copy.first.weight.is_same(&net.first.weight));
    net.cast(DType::F64);
    assert!(net.second.weight.is_same(&net.first.weight));
    Ok(())
}

#[test]
fn a_box_of_any_layer_is_copied_with_its_ties() {
    #[derive(Block)]
    struct Outer {
        #[new(Box::new(Tied::new()))]
        layer: Box<dyn Layer>,
        #[shared(layer)]
        again: Box<dyn Layer>,
    }

    let net = Outer::new();
    assert_eq!(net.collect_params().len(), 2);
    assert_eq!(net.again.collect_params().len(), 2);
}

#[test]
fn whole_containers_and_nested_generics_are_tied() {
    #[derive(Block)]
    struct Pair<A, B> {
        a: A,
        b: B,
        #[shared(a)]
        c: A,
    }

    #[derive(Block)]
    struct Net {
        #[new(Pair::new(vec![Dense::new(1), Dense::new(2)], Some(Dense::new(3))))]
        pair: Pair<Vec<Dense>, Option<Dense>>,
        #[shared(pair)]
        twin: Pair<Vec<Dense>, Option<Dense>>,
        #[shared(twin.b)]
        chain: Option<Dense>,
        #[shared(pair.a)]
        list: Vec<Dense>,
    }

    let net = Net::new();
    assert_eq!(net.collect_params().len(), 6);
    assert!(net.twin.c[1].weight.is_same(&net.pair.a[1].weight));
    assert!(net.list[0].bias.is_same(&net.pair.c[0].bias));
    let (Some(chain), Some(b)) = (&net.chain, &net.pair.b) else { panic!("both are there") };
    assert!(chain.weight.is_same(&b.weight));
}

#[test]
fn containers_of_other_lengths_are_refused() {
    #[derive(Block)]
    struct Net {
        first: Vec<Dense>,
        #[shared(first)]
        second: Vec<Dense>,
    }

    let mut net = Net { first: vec![Dense::new(1)], second: vec![Dense::new(1), Dense::new(1)] };
    let error = net.initialize().expect_err("one layer is not two").to_string();
    assert!(error.contains("first") && error.contains("second"), "{error}");
}

#[test]
fn a_skipped_field_of_a_type_parameter_is_cloned() {
    #[derive(Block)]
    #[block(sequential)]
    struct Cached<T> {
        #[new(Dense::new(2))]
        layer: Dense,
        #[block(skip)]
        notes: Vec<T>,
        #[block(skip)]
        #[new(std::sync::Arc::default())]
        seen: std::sync::Arc<std::sync::Mutex<()>>,
    }

    #[derive(Block)]
    struct Net {
        #[new(Cached::new(vec![String::from("a")]))]
        first: Cached<String>,
        #[shared(first)]
        second: Cached<String>,
    }

    let net = Net::new();
    assert_eq!(net.second.notes, ["a"]);
    assert_eq!(net.first.duplicate().notes, ["a"]);
    assert!(net.first.layer.weight.is_same(&net.second.layer.weight));
    assert!(std::sync::Arc::ptr_eq(&net.first.seen, &net.second.seen));
}

#[test]
fn a_skipped_field_behind_a_box_says_why_it_cannot_be_copied() {
    struct Cache;

    #[derive(Block)]
    #[block(sequential)]
    struct Cached {
        #[new(Dense::new(1))]
        layer: Dense,
        #[new(Cache)]
        #[block(skip)]
        #[allow(dead_code)]
        cache: Cache,
    }

    #[derive(Block)]
    struct Net {
        #[new(Box::new(Cached::new()))]
        first: Box<dyn Layer>,
        #[shared(first)]
        #[allow(dead_code)]
        second: Box<dyn Layer>,
    }

    let panic = std::panic::catch_unwind(Net::new).err().expect("`Cache` is not `Clone`");
    let text = panic.downcast_ref::<String>().map_or("", String::as_str);
    assert!(text.contains("`cache: ") && text.contains("`#[new(..)]`"), "{text}");
}
