use gluon::nn::Sequential;
use gluon::prelude::*;

use crate::fixture::{Dense, Embedding, walk};

fn dense(net: &Sequential, index: usize) -> &Dense {
    net.get(index).expect("a dense layer stands there")
}

#[test]
fn labels_ties_and_repetitions() {
    let net = sequential![
        Dense::new(1),
        shared: Dense::new(2),
        #[shared(shared)] Dense::new(2),
        #[shared(shared)] _,
        [Dense::new(4); 3],
        #[shared(shared)]
        [_; 2],
        #[shared(shared)]
        [Dense::new(2); 2],
        last: Dense::new(shared.units + 4),
        #[shared(bias = last.bias)]
        Dense::new(6),
    ];
    let units: Vec<usize> = (0..net.len()).map(|index| dense(&net, index).units).collect();
    assert_eq!(units, [1, 2, 2, 2, 4, 4, 4, 2, 2, 2, 2, 6, 6]);
    let tied: Vec<usize> = (0..net.len())
        .filter(|index| dense(&net, *index).weight.is_same(&dense(&net, 1).weight))
        .collect();
    assert_eq!(tied, [1, 2, 3, 7, 8, 9, 10]);
    assert!(dense(&net, 12).bias.is_same(&dense(&net, 11).bias));
    assert!(!dense(&net, 4).weight.is_same(&dense(&net, 5).weight));
}

#[test]
fn names_are_indices() {
    let net = sequential![Embedding::new(2, 3), sequential![Dense::new(1)]];
    assert_eq!(
        walk(&net),
        [
            "0.weight sequential0_embedding0_weight",
            "1.0.weight sequential0_sequential0_dense0_weight",
            "1.0.bias sequential0_sequential0_dense0_bias",
        ]
    );
}

/// As those of a struct, whose constructor gives them.
#[test]
fn parameters_have_names_from_the_beginning() {
    let net = sequential![gluon::nn::Dense::new(4), sequential![gluon::nn::Dense::new(2)]];
    let error = net.forward(&Tensor::ones([1, 3])).unwrap_err().to_string();
    assert!(error.starts_with("parameter `0.weight` is not initialized; "), "{error}");
    let error = net[1].forward(&Tensor::ones([1, 3])).unwrap_err().to_string();
    assert!(error.starts_with("parameter `1.0.weight` is not initialized; "), "{error}");
}

#[test]
fn nothing_is_the_identity() -> Result<()> {
    let x = Tensor::ones([2, 3]);
    assert_eq!(sequential![].forward(&x)?, x);
    Ok(())
}

#[test]
fn a_boxed_layer_stays_what_it_is() {
    let boxed: Box<dyn Layer> = Box::new(Dense::new(1));
    let net = sequential![boxed];
    assert_eq!(dense(&net, 0).units, 1);
}

#[test]
fn an_expression_may_fail() {
    fn build(units: Option<usize>) -> Option<Sequential> {
        Some(sequential![a: Dense::new(units?), #[shared(a)] Dense::new(units?)])
    }

    assert_eq!(build(Some(2)).map(|net| net.len()), Some(2));
    assert!(build(None).is_none());
}

#[test]
fn labels_are_hygienic() {
    let tied = 3;
    let layers = 4;
    let net = sequential![
        run: Dense::new(layers),
        #[shared(run)]
        Dense::new(tied + 1),
        copies: Dense::new(run.units),
        #[shared(copies)]
        [_; 2]
    ];
    assert_eq!(net.len(), 5);
    assert_eq!(dense(&net, 1).units, 4);
}

#[test]
fn ties_are_declared_to_walks() {
    let net = sequential![
        a: Dense::new(1),
        [Dense::new(1); 2],
        #[shared(a)]
        Dense::new(1),
        #[shared(weight = a.weight)]
        b: Dense::new(1),
        #[shared(bias = b.bias, weight = a.weight)]
        Dense::new(1),
        #[shared(b)]
        [_; 2],
    ];
    let ties: Vec<String> = walk(&net).into_iter().filter(|line| line.contains('=')).collect();
    assert_eq!(
        ties,
        [
            "3 = 0",
            "4.weight = 0.weight",
            "5.bias = 4.bias",
            "5.weight = 0.weight",
            "6 = 4",
            "7 = 4"
        ]
    );
}

#[test]
fn layers_that_do_not_fit_are_refused_by_initialize() {
    let mut net = sequential![
        a: Dense::new(2),
        #[shared(a)]
        Dense::new(3),
    ];
    let error = net.initialize().expect_err("2 units are not 3").to_string();
    assert!(error.contains("`1`") && error.contains("`0`"), "{error}");
}

#[test]
fn broken_ties_are_mended_by_initialize() -> Result<()> {
    let mut net = sequential![
        a: Dense::new(2),
        #[shared(bias = a.bias)]
        Dense::new(2),
        #[shared(a)]
        _,
    ];
    for index in [1, 2] {
        *net.get_mut::<Dense>(index).expect("a dense layer") = Dense::new(2);
    }
    net.tie()?;
    assert!(dense(&net, 1).bias.is_same(&dense(&net, 0).bias));
    assert!(!dense(&net, 1).weight.is_same(&dense(&net, 0).weight));
    assert!(dense(&net, 2).weight.is_same(&dense(&net, 0).weight));
    Ok(())
}

#[test]
fn two_hundred_layers_need_no_recursion_limit() {
    let d = || Dense::new(1);
    #[rustfmt::skip]
    let net = sequential![
        d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(),
        d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(),
        d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(),
        d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(),
        d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(),
        d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(),
        d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(),
        d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(),
        d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(),
        d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(), d(),
        first: d(), #[shared(first)] _,
    ];
    assert_eq!(net.len(), 202);
}
