//! Settings: types, initializers, sizes and options reach what they are for.

use gluon::autograd::train_mode;
use gluon::init::{Constant, One};
use gluon::nn::{
    Activation, AvgPool1d, BatchNorm, Conv1d, ConvTranspose2d, Dense, Embedding, FeedForward,
    GroupNorm, Gru, InstanceNorm, LayerNorm, LearnedEncoding, MaxPool1d, MultiHeadAttention, PRelu,
    RmsNorm, SinusoidalEncoding, TransformerDecoderLayer, TransformerEncoderLayer,
};
use gluon::prelude::*;

use super::{assert_same, wave};

#[test]
fn a_type_is_that_of_every_parameter() {
    let f64 = DType::F64;
    let layers: [Box<dyn Layer>; 10] = [
        Box::new(Dense::new(2).dtype(f64)),
        Box::new(Conv1d::new(2, 3).dtype(f64)),
        Box::new(ConvTranspose2d::new(2, 3).dtype(f64)),
        Box::new(Embedding::new(2, 3).dtype(f64)),
        Box::new(PRelu::new().dtype(f64)),
        Box::new(BatchNorm::new().dtype(f64)),
        Box::new(GroupNorm::new(2).dtype(f64)),
        Box::new(InstanceNorm::new().dtype(f64)),
        Box::new(LayerNorm::new().dtype(f64)),
        Box::new(RmsNorm::new().dtype(f64)),
    ];
    for layer in layers {
        for entry in &layer.collect_params() {
            assert_eq!(entry.dtype(), f64, "{} of {}", entry.path(), layer.hint());
        }
    }
}

#[test]
fn initializers_are_those_of_their_parameters() {
    let (one, half) = (|| One, || Constant(0.5));
    let layers: [Box<dyn Layer>; 5] = [
        Box::new(Dense::new(2).in_units(3).weight_init(one()).bias_init(half())),
        Box::new(Conv1d::new(2, 3).in_channels(3).weight_init(one()).bias_init(half())),
        Box::new(Embedding::new(2, 3).weight_init(one())),
        Box::new(LearnedEncoding::new(3).weight_init(one())),
        Box::new(PRelu::new().alpha_init(half())),
    ];
    for mut layer in layers {
        layer.initialize().unwrap();
        if layer.hint() == "learnedencoding" {
            layer.forward(&wave([2, 3, 4])).unwrap();
        }
        for entry in &layer.collect_params() {
            let expected = if entry.path() == "weight" { 1.0 } else { 0.5 };
            let values = entry.data().unwrap().to_vec::<f32>().unwrap();
            assert!(values.iter().all(|&x| x == expected), "{} of {}", entry.path(), layer.hint());
        }
    }
}

#[test]
fn sizes_that_are_told_are_known_before_the_first_input() {
    let layers: [(Box<dyn Layer>, &[usize]); 6] = [
        (Box::new(BatchNorm::new().in_channels(6)), &[6; 4]),
        (Box::new(GroupNorm::new(2).in_channels(6)), &[6; 2]),
        (Box::new(GroupNorm::new(2).per_group().in_channels(6)), &[2; 2]),
        (Box::new(InstanceNorm::new().in_channels(6)), &[6; 2]),
        (Box::new(LayerNorm::new().in_channels(6)), &[6; 2]),
        (Box::new(RmsNorm::new().in_channels(6)), &[6]),
    ];
    for (layer, expected) in layers {
        let parameters = layer.collect_params();
        let sizes: Vec<usize> = parameters.iter().map(|entry| entry.shape()[0]).collect();
        assert_eq!(sizes, expected, "{}", layer.hint());
    }
    let conv = Conv1d::new(4, 3).in_channels(6).groups(2);
    let mut transposed = ConvTranspose2d::new(4, 3).in_channels(6).groups(2);
    assert_eq!(
        (conv.weight.shape(), transposed.weight.shape()),
        ([4, 3, 3].into(), [6, 2, 3, 3].into())
    );
    transposed.initialize().unwrap();
    assert_eq!(transposed.forward(&Tensor::ones([1, 6, 2, 2])).unwrap().shape(), [1, 4, 4, 4]);
    let attention = MultiHeadAttention::new(4, 2).in_units(6);
    for dense in [&attention.query, &attention.key, &attention.value] {
        assert_eq!(dense.weight.shape(), [4, 6]);
    }
    let decoder = TransformerDecoderLayer::new(4, 2, 8);
    assert_eq!(decoder.memory_attention.query.weight.shape(), [4, 4]);
    assert_eq!(decoder.memory_attention.key.weight.shape(), [4, 0], "the encoder may have another");
}

#[test]
fn attention_may_do_without_biases() {
    let paths: Vec<String> = MultiHeadAttention::new(4, 2)
        .no_bias()
        .collect_params()
        .iter()
        .map(|entry| entry.path().to_owned())
        .collect();
    assert_eq!(paths, ["query.weight", "key.weight", "value.weight", "output.weight"]);
}

/// Neither training nor a rate of 0 drops anything.
#[test]
fn nothing_is_dropped_unless_it_is_asked_for() {
    let x = wave([3, 2, 4]);
    let layers: [(Box<dyn Layer>, bool); 7] = [
        (Box::new(MultiHeadAttention::new(4, 2)), false),
        (Box::new(MultiHeadAttention::new(4, 2).dropout(0.5)), true),
        (Box::new(TransformerEncoderLayer::new(4, 2, 5)), false),
        (Box::new(TransformerEncoderLayer::new(4, 2, 5).dropout(0.5)), true),
        (Box::new(Gru::new(4).layers(2)), false),
        // There is nothing between the layers of one.
        (Box::new(Gru::new(4).dropout(0.5)), false),
        (Box::new(Gru::new(4).layers(2).dropout(0.5)), true),
    ];
    for (index, (mut layer, drops)) in layers.into_iter().enumerate() {
        layer.initialize().unwrap();
        let y = layer.forward(&x).unwrap();
        assert_eq!(train_mode(|| layer.forward(&x)).unwrap() != y, drops, "{index}");
    }
    let mut decoder = TransformerDecoderLayer::new(4, 2, 5);
    decoder.initialize().unwrap();
    let both = (x.clone(), x);
    let y: Tensor = decoder.forward(&both).unwrap();
    assert_eq!(train_mode(|| decoder.forward(&both)).unwrap(), y);

    // In attention, between the dense layers and after the parts.
    let count = |tree: String| tree.matches("(p = 0.5").count();
    assert_eq!(count(TransformerEncoderLayer::new(4, 2, 5).dropout(0.5).tree()), 3);
    assert_eq!(count(TransformerDecoderLayer::new(4, 2, 5).dropout(0.5).tree()), 4);
    assert_eq!(count(FeedForward::new(4, 5, Activation::Relu).dropout(0.5).tree()), 1);
}

/// Unless a layer normalizes what goes into its parts, each step of its output has mean 0.
#[test]
fn a_decoder_normalizes_what_comes_out_unless_it_is_told_otherwise() {
    let x = wave([3, 2, 4]);
    let mean = |mut decoder: TransformerDecoderLayer| {
        decoder.initialize().unwrap();
        let y: Tensor = decoder.forward(&(x.clone(), x.clone())).unwrap();
        let means = y.mean_axes(&[-1], false).unwrap();
        means.abs().unwrap().max().unwrap().item().unwrap()
    };
    let decoder = || TransformerDecoderLayer::new(4, 2, 5);
    assert!(mean(decoder()) < 1e-6 && mean(decoder().pre_norm()) > 1e-2);
}

#[test]
fn a_convolution_is_followed_by_its_activation() {
    let x = wave([2, 3, 5]);
    let mut plain = Conv1d::new(4, 2);
    plain.initialize().unwrap();
    let y = plain.forward(&x).unwrap();
    let conv = || Conv1d::new(4, 2);
    let cases = [
        (conv().relu(), Activation::Relu),
        (conv().sigmoid(), Activation::Sigmoid),
        (conv().tanh(), Activation::Tanh),
        (conv().activation(Activation::Gelu), Activation::Gelu),
    ];
    for (mut layer, activation) in cases {
        layer.share_parameters(&plain.collect_params()).unwrap();
        assert_same(&layer.forward(&x).unwrap(), &activation.forward(&y).unwrap());
    }
}

/// PyTorch 2 gives the same.
#[test]
fn pooling_rounds_up_and_leaves_the_padding_out() {
    let x = Tensor::from([[[-2.0f32, -4.0, -6.0, -8.0]]]);
    let avg = || AvgPool1d::new(3).stride(2).padding(1);
    let values = |layer: &dyn Layer| layer.forward(&x).unwrap().to_vec::<f32>().unwrap();
    assert_eq!(values(&avg()), [-2.0, -6.0]);
    assert_eq!(values(&avg().exclude_padding()), [-3.0, -6.0]);
    assert_eq!(values(&avg().ceil_mode()), [-2.0, -6.0, -4.0]);
    assert_eq!(values(&MaxPool1d::new(2).stride(3)), [-2.0]);
    assert_eq!(values(&MaxPool1d::new(2).stride(3).ceil_mode()), [-2.0, -8.0]);
}

/// By the formula: the second pair of four units is a hundred times as slow.
#[test]
fn encodings_are_waves_of_different_lengths() {
    let y = SinusoidalEncoding.forward(&Tensor::zeros([2, 3, 4])).unwrap();
    let step = |t: f64| [t.sin(), t.cos(), (t / 100.0).sin(), (t / 100.0).cos()];
    let one = [step(0.0), step(1.0), step(2.0)].concat();
    let expected = Tensor::from_vec([one.clone(), one].concat(), [2, 3, 4]).unwrap();
    assert_same(&y, &expected.to_dtype(DType::F32));

    let mut learned = LearnedEncoding::new(100);
    learned.initialize().unwrap();
    learned.forward(&Tensor::zeros([1, 1, 100])).unwrap();
    let square = learned.weight.data().unwrap().square().unwrap().mean().unwrap();
    let deviation = square.item().unwrap().sqrt();
    assert!((deviation - 0.02).abs() < 1e-3, "{deviation}");
}
