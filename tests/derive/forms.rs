use std::marker::PhantomData;

use gluon::prelude::*;
use indexmap::IndexMap;

use crate::fixture::{Dense, Embedding, check};

#[test]
fn a_struct_with_named_fields() {
    #[derive(Block)]
    struct Mlp {
        #[new(Dense::new(units))]
        hidden: Dense,
        units: usize,
        #[new(Dense::new(units + hidden.units))]
        output: Dense,
        #[shared(output)]
        again: Dense,
    }

    // `units` is an argument, though declared after `hidden`.
    let mlp = Mlp::new(3);
    assert_eq!((mlp.hidden.units, mlp.units, mlp.output.units, mlp.again.units), (3, 3, 6, 6));
    assert!(mlp.again.weight.is_same(&mlp.output.weight));
    assert!(!mlp.output.weight.is_same(&mlp.hidden.weight));
    check(
        &mlp,
        &[
            "hidden.weight mlp0_dense0_weight",
            "hidden.bias mlp0_dense0_bias",
            "output.weight mlp0_dense1_weight",
            "output.bias mlp0_dense1_bias",
            "again.weight mlp0_dense2_weight",
            "again.bias mlp0_dense2_bias",
            "again = output",
        ],
    );
}

#[test]
fn a_tuple_struct() {
    #[derive(Block)]
    struct Pair(
        #[new(Dense::new(2))] Dense,
        #[new(Dense::new(_0.units * 2))] Dense,
        #[shared(0)] Dense,
    );

    let pair = Pair::new();
    assert_eq!(pair.1.units, 4);
    assert!(pair.2.bias.is_same(&pair.0.bias));
    check(
        &pair,
        &[
            "0.weight pair0_dense0_weight",
            "0.bias pair0_dense0_bias",
            "1.weight pair0_dense1_weight",
            "1.bias pair0_dense1_bias",
            "2.weight pair0_dense2_weight",
            "2.bias pair0_dense2_bias",
            "2 = 0",
        ],
    );
}

#[test]
fn a_unit_struct() {
    #[derive(Block)]
    struct Nothing;

    #[derive(Block)]
    #[block(new)]
    struct Made;

    check(&Nothing, &[]);
    check(&Made::new(), &[]);
    assert_eq!(Nothing.hint(), "nothing");
}

#[test]
fn functions_of_many_forms_are_plain_data() {
    #[derive(Block)]
    struct Functions {
        #[new(Dense::new(1))]
        layer: Dense,
        _a: fn(&Tensor, f64) -> Result<Tensor>,
        _b: fn(&Tensor, &Tensor, f32) -> Result<Tensor>,
        _d: fn(&mut Tensor),
        #[block(skip)]
        _e: Option<for<'walk> fn(&'walk f32)>,
    }

    let net = Functions::new(|x, by| x.mul(by), |x, y, _| x.add(y), |_| (), None);
    check(&net, &["layer.weight functions0_dense0_weight", "layer.bias functions0_dense0_bias"]);
}

#[test]
fn an_enum_shows_its_active_variant() {
    #[derive(Block)]
    enum Head {
        None,
        Linear(Dense),
        Two {
            first: Dense,
            #[block(name = "last")]
            second: Dense,
            #[block(skip)]
            #[allow(dead_code)]
            cache: Vec<Tensor>,
        },
    }

    check(&Head::None, &[]);
    check(
        &Head::Linear(Dense::new(1)),
        &["0.weight head0_dense0_weight", "0.bias head0_dense0_bias"],
    );
    let two = Head::Two { first: Dense::new(1), second: Dense::new(2), cache: Vec::new() };
    check(
        &two,
        &[
            "first.weight head0_dense0_weight",
            "first.bias head0_dense0_bias",
            "last.weight head0_dense1_weight",
            "last.bias head0_dense1_bias",
        ],
    );
    assert_eq!((two.hint(), two.type_name()), ("head", "Head"));
}

#[test]
fn generics_ask_for_members_only_where_they_are_used() {
    struct NotAMember;

    #[derive(Block)]
    struct Net<T, U, const N: usize> {
        #[new(::std::array::from_fn(|_| None))]
        layers: [Option<T>; N],
        body: T,
        #[shared(body)]
        tied: T,
        marker: PhantomData<U>,
        #[new(|_| 1.0)]
        scale: fn(&U) -> f32,
    }

    let net = Net::<Dense, NotAMember, 2>::new(Dense::new(1));
    assert!(net.tied.weight.is_same(&net.body.weight));
    assert_eq!((net.scale)(&NotAMember), 1.0);
    assert!(net.layers[0].is_none() && net.marker == PhantomData);
}

#[test]
fn a_struct_may_contain_itself() {
    #[derive(Block)]
    struct Tree<T> {
        value: T,
        children: Vec<Tree<T>>,
        next: Option<Box<Tree<T>>>,
    }

    let leaf = |value| Tree { value, children: Vec::new(), next: None };
    let tree = Tree {
        value: Parameter::new([1]),
        children: vec![leaf(Parameter::new([1]))],
        next: Some(Box::new(leaf(Parameter::new([1])))),
    };
    check(
        &tree,
        &[
            "value tree0_value",
            "children.0.value tree0_tree0_value",
            "next.value tree0_tree1_value",
        ],
    );
}

#[test]
fn single_parameters_are_shared_across_types() {
    #[derive(Block)]
    struct Model {
        #[new(Embedding::new(7, 3))]
        embed: Embedding,
        #[new(Dense::new(7))]
        #[shared(weight = embed.weight)]
        head: Dense,
        #[shared(weight = embed.weight, bias = head.bias)]
        other: Dense,
        #[shared(head.bias)]
        bias: Parameter,
    }

    let model = Model::new(Dense::new(7));
    assert!(model.head.weight.is_same(&model.embed.weight));
    assert!(model.other.weight.is_same(&model.embed.weight));
    assert!(model.other.bias.is_same(&model.head.bias));
    assert!(model.bias.is_same(&model.head.bias));
    check(
        &model,
        &[
            "embed.weight model0_embedding0_weight",
            "head.weight model0_dense0_weight",
            "head.bias model0_dense0_bias",
            "head.weight = embed.weight",
            "other.weight model0_dense1_weight",
            "other.bias model0_dense1_bias",
            "other.weight = embed.weight",
            "other.bias = head.bias",
            "bias model0_bias",
            "bias = head.bias",
        ],
    );
}

/// Members have their keys as names, in the order of insertion.
#[test]
fn an_index_map() {
    #[derive(Block)]
    #[block(sequential)]
    struct Net {
        towers: IndexMap<String, gluon::nn::Dense>,
        #[shared(towers)]
        again: IndexMap<String, gluon::nn::Dense>,
    }

    let layer = |name: &str, units| (name.to_owned(), gluon::nn::Dense::new(units));
    let mut net = Net::new(IndexMap::from([layer("wide", 3), layer("narrow", 2)]));
    check(
        &net,
        &[
            "towers.wide.weight net0_dense0_weight",
            "towers.wide.bias net0_dense0_bias",
            "towers.narrow.weight net0_dense1_weight",
            "towers.narrow.bias net0_dense1_bias",
            "again.wide.weight net0_dense2_weight",
            "again.wide.bias net0_dense2_bias",
            "again.narrow.weight net0_dense3_weight",
            "again.narrow.bias net0_dense3_bias",
            "again = towers",
        ],
    );
    assert!(net.again["wide"].weight.is_same(&net.towers["wide"].weight));
    net.initialize().unwrap();
    let x = Tensor::ones([4, 2]);
    let wide = |x: &Tensor| net.towers["narrow"].forward(&net.towers["wide"].forward(x)?);
    assert_eq!(net.forward(&x).unwrap(), wide(&wide(&x).unwrap()).unwrap());
}
