//! What does not fit a layer, and what is said of it.

use gluon::nn::{
    AvgPool2d, Concurrent, Conv2d, ConvTranspose2d, Dense, Dropout, Embedding, GlobalAvgPool2d,
    LayerNorm, LearnedEncoding, Mask, MaxPool2d, MultiHeadAttention, PRelu, Residual,
    TransformerEncoderLayer,
};
use gluon::prelude::*;

use super::{message, wave};

#[test]
fn shapes_that_do_not_fit_are_named() {
    let x = Tensor::ones([2, 3, 5, 5]);
    let mut net = sequential![conv: Conv2d::new(4, 3).in_channels(2)];
    net.initialize().unwrap();
    let mut transposed = ConvTranspose2d::new(4, 3).in_channels(3).output_padding(1);
    transposed.initialize().unwrap();
    let cases: [(&dyn Layer, &Tensor, &str); 21] = [
        (
            &net,
            &x,
            "in block `0`: the input of shape (2, 3, 5, 5) does not fit parameter `0.weight`: expected one for shape (4, 2, 3, 3), as declared or told by the first input, found one for (4, 3, 3, 3)",
        ),
        (
            &Conv2d::new(4, 3),
            &Tensor::ones([2, 3, 5]),
            "`conv2d` expected [batch, channels, height, width], found shape (2, 3, 5)",
        ),
        (
            &Conv2d::new(4, 3),
            &Tensor::ones([2, 3, 0]),
            "`conv2d` expected [batch, channels, height, width], found shape (2, 3, 0)",
        ),
        (
            &Conv2d::new(4, 3).padding((0, 1 << 24)),
            &x,
            "`conv2d` expected `padding` to be at most 16777215, found [0, 16777216]",
        ),
        (
            &Conv2d::new(4, 3).padding(2),
            &Tensor::ones([2, 3, 0, 5]),
            "`conv2d` expected at least one element along each axis of an image, found shape (2, 3, 0, 5)",
        ),
        (
            &transposed,
            &Tensor::ones([2, 3, 5, 0]),
            "`conv_transpose2d` expected at least one element along each axis of an image, found shape (2, 3, 5, 0)",
        ),
        (
            &GlobalAvgPool2d::new(),
            &Tensor::ones([2, 3, 0, 5]),
            "`avg_pool2d` expected at least one element along each axis of an image, found shape (2, 3, 0, 5)",
        ),
        (
            &Conv2d::new(4, 3).groups(2),
            &x,
            "`conv2d` expected `groups` to be a divisor of both numbers of channels, found 2 for 3 -> 4",
        ),
        (
            &Conv2d::new(4, 3).groups(3),
            &x,
            "`conv2d` expected `groups` to be a divisor of both numbers of channels, found 3 for 3 -> 4",
        ),
        (
            &Conv2d::new(0, 3).groups(0),
            &Tensor::ones([2, 0, 5, 5]),
            "`conv2d` expected `groups` to be a divisor of both numbers of channels, found 0 for 0 -> 0",
        ),
        (
            &ConvTranspose2d::new(4, (0, 3)),
            &x,
            "`conv_transpose2d` expected `kernel` to be from 1 to 16777215, found [0, 3]",
        ),
        (
            &ConvTranspose2d::new(4, 2).padding(3),
            &x,
            "`conv_transpose2d` expected `padding` to be less than half of the output, found [3, 3] for shape (2, 3, 5, 5)",
        ),
        (
            &MaxPool2d::new(6),
            &x,
            "`max_pool2d` expected `kernel` to be at most as large as the padded input, found [6, 6] dilated by [1, 1] for shape (2, 3, 5, 5)",
        ),
        (
            &AvgPool2d::new(2).stride(0),
            &x,
            "`avg_pool2d` expected `stride` to be from 1 to 16777215, found [0, 0]",
        ),
        (
            &AvgPool2d::new(2).stride((1, 0)),
            &x,
            "`avg_pool2d` expected `stride` to be from 1 to 16777215, found [1, 0]",
        ),
        (
            &AvgPool2d::new(2).padding((0, 2)),
            &x,
            "`avg_pool2d` expected `padding` to be at most half of the size, found [0, 2] for size [2, 2]",
        ),
        (
            &AvgPool2d::new(2).padding(2),
            &x,
            "`avg_pool2d` expected `padding` to be at most half of the size, found [2, 2] for size [2, 2]",
        ),
        (
            &transposed,
            &x,
            "`conv_transpose2d` expected `output_padding` to be less than the stride, found [1, 1] with stride [1, 1]",
        ),
        (
            &Dropout::new(1.0),
            &x,
            "`dropout` expected `rate` to be from 0 to 1, 1 excluded, found 1",
        ),
        (
            &Dropout::new(0.5).axes(&[4]),
            &x,
            "`dropout` expected an axis from -4 to 3, found 4 for shape (2, 3, 5, 5)",
        ),
        (
            &PRelu::new().channels(3),
            &x,
            "parameter `<unnamed, of shape (3,)>` is not initialized; call `initialize` or `load_parameters` on its model first",
        ),
    ];
    for (layer, x, expected) in cases {
        assert_eq!(message(layer, x), *expected);
    }
    let mut prelu = PRelu::new().channels(4);
    prelu.initialize().unwrap();
    assert_eq!(
        message(&prelu, &x),
        "the input of shape (2, 3, 5, 5) does not fit parameter `alpha`: expected one for shape (4,), as declared or told by the first input, found one for (3,)"
    );
}

#[test]
fn an_input_without_elements_tells_no_size() {
    let mut net = sequential![Dense::new(4), Dense::new(3)];
    let mut conv = Conv2d::new(6, 3);
    let mut norm = LayerNorm::new();
    net.initialize().unwrap();
    conv.initialize().unwrap();
    norm.initialize().unwrap();
    let cases: [(&dyn Layer, Tensor, &str); 3] = [
        (
            &net,
            Tensor::zeros([2, 0]),
            "parameter `0.weight` has shape (4, 0) with unknown sizes, written 0, which an input of shape (2, 0) does not tell",
        ),
        (
            &conv,
            Tensor::zeros([2, 0, 5, 5]),
            "parameter `weight` has shape (6, 0, 3, 3) with unknown sizes, written 0, which an input of shape (2, 0, 5, 5) does not tell",
        ),
        (
            &norm,
            Tensor::zeros([2, 0]),
            "parameter `gamma` has shape (0,) with unknown sizes, written 0, which an input of shape (2, 0) does not tell",
        ),
    ];
    for (layer, x, expected) in cases {
        let expected = format!("{expected}; begin with one that has elements, or state them");
        assert_eq!(message(layer, &x), expected);
    }
    // The number of samples tells nothing, so that there may be none.
    assert_eq!(net.forward(&Tensor::zeros([0, 5])).unwrap().shape(), [0, 3]);
}

#[test]
fn an_index_that_is_no_row_names_the_parameter() {
    let mut net = sequential![Embedding::new(6, 3)];
    net.initialize().unwrap();
    let expected =
        "in block `0`: parameter `0.weight` expected an index from 0 to 5, found 6 at position 2";
    assert_eq!(message(&net, &Tensor::from([0i32, 5, 6])), expected);
    assert!(message(&net, &Tensor::from([0i32, -1])).contains("found -1 at position 1"));
    let fraction = "expected a whole number from 0 to 5, found 1.5 at position 0";
    assert!(message(&net, &Tensor::from([1.5f32])).ends_with(fraction));
}

#[test]
fn containers_and_encodings_name_what_does_not_fit() {
    let x = wave([2, 5, 6]);
    let mut layer = Residual::new(Dense::new(4).keep_axes());
    layer.initialize().unwrap();
    assert_eq!(message(&layer, &x), "`residual` cannot combine shapes (2, 5, 6) and (2, 5, 4)");
    let expected = "`concat` expected `tensors` to be at least one, found none";
    assert_eq!(message(&Concurrent::new(1), &x), expected);
    let mut net = sequential![LearnedEncoding::new(4)];
    net.initialize().unwrap();
    let expected =
        "in block `0`: parameter `0.weight` expected an index from 0 to 3, found 4 at position 4";
    assert_eq!(message(&net, &x), expected);
    for (units, heads) in [(6, 4), (6, 0), (0, 0)] {
        let expected = format!(
            "`multi_head_attention` expected `heads` to be a divisor of the number of units, found {heads} for {units}"
        );
        assert_eq!(message(&MultiHeadAttention::new(units, heads), &x), expected);
    }
    let mut attention = MultiHeadAttention::new(6, 2);
    attention.initialize().unwrap();
    let flat = x.flatten().unwrap();
    let expected = "`multi_head_attention` expected [batch, steps, units], found shape (2, 30)";
    assert_eq!(message(&attention, &flat), expected);
    let error = attention.attend(&x, &wave([3, 5, 6]), &Mask::new()).unwrap_err().to_string();
    assert_eq!(error, "`multi_head_attention` cannot combine shapes (2, 5, 6) and (3, 5, 6)");
}

/// An input that a layer refuses tells it nothing: the next may have other sizes.
#[test]
fn a_first_input_that_does_not_fit_leaves_sizes_open() {
    let mut conv = Conv2d::new(4, 3);
    conv.initialize().unwrap();
    assert!(conv.forward(&Tensor::ones([1, 3, 2, 2])).is_err());
    assert_eq!(conv.weight.shape(), [4, 0, 3, 3]);
    assert_eq!(conv.forward(&Tensor::ones([1, 1, 4, 4])).unwrap().shape(), [1, 4, 2, 2]);

    let mut layer = TransformerEncoderLayer::new(10, 2, 5);
    layer.initialize().unwrap();
    let text = message(&layer, &Tensor::ones([1, 2, 8]));
    assert!(text.starts_with("in block `attention.query`: the input of shape"), "{text}");
    assert_eq!(layer.forward(&Tensor::ones([1, 2, 10])).unwrap().shape(), [1, 2, 10]);
}
