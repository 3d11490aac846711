//! Printed forms: those of Gluon.

use gluon::nn::{
    Activation, AvgPool2d, BatchNorm, Conv1d, Conv2d, Dense, Dropout, Embedding, Flatten,
    GlobalAvgPool2d, GroupNorm, Gru, InstanceNorm, Lambda, LayerNorm, LeakyRelu, Lstm, LstmCell,
    MaxPool2d, Rnn, Sequential,
};
use gluon::prelude::*;

use crate::golden::{self, case, text};

/// What Gluon prints in the case `id`.
fn repr(id: &str) -> String {
    let golden = golden::open("reprs.json");
    text(&case(&golden["cases"], id)["repr"]).to_owned()
}

#[derive(Block)]
#[allow(clippy::upper_case_acronyms)] // as in the chapter
struct MLP {
    #[new(Dense::new(4).relu())]
    hidden: Dense,
    #[new(Dense::new(3))]
    output: Dense,
}

#[derive(Block)]
struct NestMLP {
    #[new(sequential![Dense::new(8).relu(), Dense::new(6).relu()])]
    net: Sequential,
    #[new(Dense::new(4).relu())]
    dense: Dense,
}

impl Forward for NestMLP {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.apply(&self.net)?.apply(&self.dense)
    }
}

#[derive(Block)]
struct MyDense {
    #[new(Parameter::new([5, 3]))]
    weight: Parameter,
}

#[test]
fn layers_print_as_a_line_and_models_as_a_tree() {
    let known = Dense::new(4).in_units(3).sigmoid();
    let conv = Conv2d::new(6, [3, 5]).stride(2).dilation(2).groups(2).in_channels(4).no_bias();
    let lstm = Lstm::new(5).layers(2).bidirectional().dropout(0.3).batch_first().in_units(3);
    let cases: [(&str, &dyn Block); 27] = [
        ("dense", &Dense::new(4)),
        ("dense_act", &known),
        ("dense_nobias", &Dense::new(4).no_bias()),
        ("activation", &Activation::Tanh),
        ("flatten", &Flatten),
        ("seq_empty", &Sequential::new()),
        ("mlp", &MLP::new()),
        ("nest", &NestMLP::new()),
        ("mydense", &MyDense::new()),
        ("conv2d", &Conv2d::new(6, 5).padding(2).relu()),
        ("conv1d", &Conv1d::new(3, 3)),
        ("maxpool", &MaxPool2d::new(2)),
        ("avgpool", &AvgPool2d::new(2)),
        ("gavgpool", &GlobalAvgPool2d::new()),
        ("bn", &BatchNorm::new()),
        ("bn_known", &BatchNorm::new().in_channels(3).no_scale()),
        ("ln", &LayerNorm::new()),
        ("gn", &GroupNorm::new(1)),
        ("in", &InstanceNorm::new()),
        ("embedding", &Embedding::new(3, 4)),
        ("dropout", &Dropout::new(0.5)),
        ("leaky", &LeakyRelu::new(0.1)),
        ("lstm", &Lstm::new(5)),
        ("lstm2", &lstm),
        ("gru", &Gru::new(5)),
        ("rnn", &Rnn::new(5)),
        ("lstmcell", &LstmCell::new(3)),
    ];
    for (id, block) in cases {
        assert_eq!(block.tree(), repr(id), "{id}");
    }
    // Gluon prints the weight's first two sizes there, which are per group.
    let expected = repr("conv2d_known").replace("2 -> 6", "4 -> 6");
    assert_eq!(conv.tree(), expected);
}

#[test]
fn sizes_are_printed_as_soon_as_they_are_known() {
    let mut net = NestMLP::new();
    net.initialize().unwrap();
    net.forward(&Tensor::ones([2, 7])).unwrap();
    // The golden net has this one as its first layer.
    let tree = net.tree().replace('\n', "\n  ");
    assert!(repr("nested_after_forward").contains(&format!("(0): {tree}")), "{tree}");
}

#[test]
fn parameters_print_name_shape_and_type() {
    let parameter = Parameter::new(2).with_dtype(DType::F64);
    parameter.rename("w", "w");
    assert_eq!(parameter.to_string(), repr("param_f64"));

    let parameter = Parameter::new([2, 3]);
    parameter.rename("w", "w");
    // A type left to the default prints as a class there.
    let expected = repr("param_default_dtype").replace("<class 'numpy.float32'>", "float32");
    assert_eq!(parameter.to_string(), expected);
}

#[test]
fn a_dictionary_of_parameters_prints_one_a_line() {
    let mut net = sequential![NestMLP::new(), Dense::new(3), sequential![Dense::new(2)]];
    net.initialize().unwrap();
    net.forward(&Tensor::ones([2, 7])).unwrap();
    // The golden dictionary is called by its prefix, and counts layers in the whole process.
    let line = |line: &str| line.split(' ').next_back().map(str::to_owned).zip(line.find("Param"));
    let found: Vec<_> = net.collect_params().to_string().lines().map(line).collect();
    let expected: Vec<_> = repr("params_of_nested").lines().map(line).collect();
    assert_eq!(found, expected);
}

#[test]
fn nets_in_nets_are_indented() {
    let tail = sequential![Dense::new(2), Dropout::new(0.1)];
    let mut net = sequential![NestMLP::new(), Dense::new(3), tail];
    assert_eq!(net.to_string(), repr("nested"));
    assert_eq!(net[0].to_string(), net[0].tree());
    assert_eq!(net.child("0.dense").unwrap().to_string(), "Dense(None -> 4, Activation(relu))");
    net.initialize().unwrap();
    net.forward(&Tensor::ones([2, 7])).unwrap();
    assert_eq!(net.to_string(), repr("nested_after_forward"));
}

#[test]
fn a_layer_in_a_box_prints_as_the_layer() {
    let boxed: Box<dyn Layer> = Box::new(Dense::new(4));
    let layers: [&dyn Block; 3] = [&Dense::new(4), &Box::new(Dense::new(4)), &boxed];
    for layer in layers {
        assert_eq!(layer.describe().as_deref(), Some("Dense(None -> 4, linear)"));
        assert_eq!(layer.tree(), "Dense(None -> 4, linear)");
    }
}

#[test]
fn constants_devices_and_empty_dictionaries_print_as_in_gluon() {
    let constant = Parameter::constant(Tensor::from([[1.0f32, 2.0]]));
    constant.rename("c", "c");
    let expected = repr("constant").replace("<class 'numpy.float32'>", "float32");
    assert_eq!(constant.to_string(), expected);
    let empty = Sequential::new();
    assert_eq!(empty.collect_params_with("").to_string(), repr("paramdict_empty"));
    assert_eq!(empty.collect_params_with("a_").to_string(), repr("paramdict_prefix_empty"));
    let devices = format!("{} {} gpu", Device::Cpu(0), Device::Cpu(3));
    assert!(repr("context").starts_with(&devices), "{devices}");
    assert_eq!(Lambda::new("tanh", |x| x.tanh()).tree(), repr("lambda"));
}
