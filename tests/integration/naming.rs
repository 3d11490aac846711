//! Names: those of Gluon, wherever the design has a counterpart.
//!
//! Numbers count within the model here, not within the process, and a shared layer has a number of
//! its own place; so cases of models built in other orders or several times do not apply.

use gluon::ParameterDict;
use gluon::nn::{
    Activation, AvgPool2d, BatchNorm, Conv1d, Conv2d, ConvTranspose2d, Dense, Dropout, Embedding,
    Flatten, GroupNorm, Gru, InstanceNorm, LayerNorm, Lstm, LstmCell, MaxPool2d, PRelu, Rnn,
    Sequential,
};
use gluon::prelude::*;
use serde_json::Value;

use crate::golden::{self, texts};

/// What the case `id` printed.
fn out(id: &str) -> Value {
    let golden = golden::open("naming.json");
    golden::case(&golden["cases"], id)["out"].clone()
}

fn scoped(parameters: &ParameterDict) -> Vec<&str> {
    parameters.iter().map(|entry| entry.name()).collect()
}

fn structural(parameters: &ParameterDict) -> Vec<&str> {
    parameters.iter().flat_map(|entry| entry.paths()).collect()
}

#[derive(Block)]
struct Mlp {
    #[new(Dense::new(4).relu())]
    hidden: Dense,
    #[new(Dense::new(3))]
    output: Dense,
}

#[derive(Block)]
struct ScopedMlp {
    #[new(Dense::new(4).relu())]
    hidden: Dense,
    #[new(Dense::new(3))]
    output: Dense,
}

#[test]
fn a_model_is_number_0_of_its_type_in_lower_case() {
    let parameters = Mlp::new().collect_params();
    assert_eq!(scoped(&parameters), texts(&out("book_mlp0_dense0_weight")));
}

#[test]
fn a_second_model_is_numbered_by_the_caller() {
    let out = out("mlp_with_scope");
    let net = ScopedMlp::new();
    assert_eq!(scoped(&net.collect_params()), texts(&out)[2..6]);
    assert_eq!(scoped(&net.collect_params_with("scopedmlp1_")), texts(&out)[6..]);
}

#[test]
fn a_prefix_stands_as_it_is_given() {
    let net = ScopedMlp::new();
    let cases = [
        ("foo_", "prefix_with_underscore"),
        ("foo", "prefix_without_underscore"),
        ("", "prefix_empty"),
    ];
    for (prefix, id) in cases {
        let out = out(id);
        assert_eq!(scoped(&net.collect_params_with(prefix)), texts(&out)[2..6], "{id}");
    }
}

#[test]
fn layers_of_a_sequential_are_counted_by_hint_and_indexed_in_files() {
    let mut net = Sequential::new();
    net.add(Dense::new(4));
    net.add(Dense::new(4));
    let parameters = net.collect_params();
    assert_eq!(scoped(&parameters), texts(&out("scope_reentered_continues_counting")));
    let out = out("sequential_without_scope");
    assert_eq!(structural(&parameters), texts(&out)[7..11]);
}

#[test]
fn the_hint_of_a_dense_layer_alone_is_dense() {
    let out = out("two_denses_top_level");
    let net = Dense::new(1);
    assert_eq!(scoped(&net.collect_params()), texts(&out)[3..5]);
    assert_eq!(scoped(&net.collect_params_with("dense1_")), texts(&out)[5..]);
}

#[test]
fn inner_blocks_count_anew() {
    let inner = sequential![Dense::new(1)];
    let net = sequential![inner, Dense::new(1)];
    let out = out("nested_scopes");
    let expected = [&texts(&out)[2], &texts(&out)[4]].map(|name| format!("{name}_weight"));
    let parameters = net.collect_params().select(".*weight").unwrap();
    assert_eq!(scoped(&parameters), expected);
}

#[test]
fn a_layer_used_three_times_has_three_paths_and_one_name() {
    let net = sequential![layer: Dense::new(2).in_units(2), #[shared(layer)] _, #[shared(layer)] _];
    let out = out("same_block_added_three_times");
    let parameters = net.collect_params_with("");
    assert_eq!(scoped(&parameters), texts(&out["params"]));
    let mut paths = structural(&parameters);
    paths.sort_by_key(|path| path.chars().next()); // by layer, as Gluon lists them
    assert_eq!(paths, texts(&out["structural"]));
}

#[test]
fn a_layer_tied_to_another_keeps_its_path() {
    let net = sequential![
        Dense::new(8).relu(),
        shared: Dense::new(8).relu(),
        #[shared(shared)] Dense::new(8).relu(),
        Dense::new(10),
    ];
    let out = out("shared_is_constructed_first");
    let parameters = net.collect_params_with("");
    let mut paths = structural(&parameters);
    paths.sort_by_key(|path| path.chars().next());
    assert_eq!(paths, texts(&out["structural"]));
    // The tied layer takes its number, as in Gluon: the last is the fourth.
    assert_eq!(scoped(&parameters)[4..], texts(&out["params"])[4..]);
}

#[test]
fn a_selection_matches_from_the_start() {
    let out = out("collect_params_regex_is_match_from_start");
    let parameters = Mlp::new().collect_params_with("");
    for (pattern, expected) in out.as_object().unwrap() {
        let selected = parameters.select(pattern).unwrap();
        assert_eq!(scoped(&selected), texts(expected), "{pattern}");
    }
}

#[test]
fn a_replaced_layer_takes_the_place_of_the_old_one() {
    let mut net = Mlp::new();
    net.hidden = Dense::new(7);
    let out = out("attribute_replaced_keeps_position");
    let parameters = net.collect_params();
    let fields = structural(&parameters);
    let fields: Vec<&str> = fields.iter().filter_map(|path| path.strip_suffix(".weight")).collect();
    assert_eq!(fields, texts(&out["children"]));
}

/// A parameter in a field is a parameter: Gluon leaves this one out of `collect_params` and saves
/// it all the same.
#[test]
fn parameters_of_ones_own_are_called_by_their_field() {
    #[derive(Block)]
    struct P {
        #[new(Parameter::new(2))]
        w: Parameter,
    }
    let net = P::new();
    let out = out("direct_parameter_attribute_not_collected");
    assert_eq!(structural(&net.collect_params()), texts(&out["structural"]));
    assert_eq!(scoped(&net.collect_params()), ["p0_w"]);
    assert_eq!(net.w.shape(), [2]);
}

#[test]
fn a_constant_is_named_as_a_parameter() {
    #[derive(Block)]
    struct C {
        #[new(Parameter::constant(Tensor::ones([2, 2])))]
        rand_weight: Parameter,
    }
    let net = C::new();
    let out = out("constant_name");
    assert_eq!(scoped(&net.collect_params()), texts(&out[0]));
    let repr = golden::text(&out[2]).replace("<class 'numpy.float32'>", "float32");
    assert_eq!(net.rand_weight.to_string(), repr);
}

#[test]
fn a_slice_of_a_net_holds_its_layers() {
    let out = out("slice_of_sequential");
    let net = sequential![Dense::new(1), Dense::new(2), Dense::new(3)];
    assert_eq!(net.len() as u64, out[0].as_u64().unwrap());
    assert_eq!(net.get::<Dense>(-1).map(Dense::units), Some(3)); // `dense2` is the third
    let slice = net.slice(0..2).unwrap();
    assert_eq!(scoped(&slice.collect_params_with("")), texts(&out[3]));
    assert!(slice.get::<Dense>(1).unwrap().weight.is_same(&net.get::<Dense>(1).unwrap().weight));
}

/// Gluon warns of such a list and leaves it out.
#[test]
fn layers_in_a_list_are_registered() {
    #[derive(Block)]
    struct B {
        l: Vec<Dense>,
    }
    let net = B { l: vec![Dense::new(2)] };
    assert_eq!(structural(&net.collect_params()), ["l.0.weight", "l.0.bias"]);
}

/// The net of `hints_of_layers`, without those layers that are in no name.
#[test]
fn layers_are_counted_by_the_hints_of_gluon() {
    let net = sequential![
        Dense::new(4),
        Conv2d::new(3, 3),
        BatchNorm::new(),
        Activation::Relu,
        MaxPool2d::new(2),
        AvgPool2d::new(2),
        Conv1d::new(3, 3),
        LayerNorm::new(),
        Embedding::new(3, 4),
        Flatten,
        Dropout::new(0.5),
        ConvTranspose2d::new(2, 2),
        InstanceNorm::new(),
        GroupNorm::new(1),
        PRelu::new(),
        Lstm::new(5),
        Gru::new(5),
        Rnn::new(5),
    ];
    let out = out("hints_of_layers");
    let expected = texts(&out["params"]);
    let cells = expected.len() - 4;
    assert_eq!(scoped(&net.collect_params_with("m_")), expected[..cells]);
    // The cell shares its hint with the layer: there it is the second of them.
    let lstm = LstmCell::new(3);
    assert_eq!(lstm.hint(), "lstm");
    assert_eq!(scoped(&lstm.collect_params_with("m_lstm1_")), expected[cells..]);

    let counted = sequential![
        Dense::new(4),
        Conv2d::new(1, 1),
        Dense::new(4),
        Conv1d::new(1, 1),
        BatchNorm::new()
    ];
    let parameters = counted.collect_params();
    let mut blocks: Vec<&str> =
        scoped(&parameters).iter().map(|name| name.rsplit_once('_').unwrap().0).collect();
    blocks.retain(|name| !name.ends_with("running")); // `running_mean` has two words
    blocks.dedup();
    assert_eq!(blocks, texts(&self::out("scope_counters_are_per_hint")));
}

#[test]
fn recurrent_layers_have_the_names_of_gluon() {
    let out = out("lstm_structural_names");
    let nets: [(&dyn Block, &str); 2] =
        [(&Lstm::new(3).layers(2), "a"), (&Gru::new(3).bidirectional(), "b")];
    for (net, key) in nets {
        let parameters = net.collect_params();
        assert_eq!(scoped(&parameters), texts(&out[key]));
        assert_eq!(structural(&parameters), texts(&out[format!("{key}_s")]));
    }
}
