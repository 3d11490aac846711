//! Gradients of layers, compared with difference quotients.

use gluon::autograd::{GradReq, record_with, train_mode};
use gluon::nn::{
    Activation, AvgPool2d, BatchNorm, Concurrent, Conv2d, ConvTranspose2d, Dropout,
    GlobalMaxPool2d, GroupNorm, Gru, Identity, InstanceNorm, LayerNorm, LearnedEncoding, Lstm,
    MaxPool2d, MultiHeadAttention, PRelu, Residual, RmsNorm, Rnn, Selu, SinusoidalEncoding,
    TransformerDecoderLayer, TransformerEncoderLayer,
};
use gluon::prelude::*;
use gluon::random;

use super::wave;

/// The largest difference between the gradients of a layer, with respect to its input and all of
/// its parameters, and difference quotients, in `float64`.
fn gradient_error(mut layer: impl Layer, x: &Tensor) -> f64 {
    layer.initialize().unwrap();
    let shape = *layer.forward(x).unwrap().shape();
    layer.cast(DType::F64);
    let parameters = layer.collect_params();
    for (i, parameter) in parameters.iter().enumerate() {
        let n = parameter.shape().size();
        let values = Tensor::arange(n).to_dtype(DType::F64).add(i as f64).unwrap();
        // Away from 0, where rectifiers have a kink.
        let values = values.mul(1.3).unwrap().sin().unwrap().mul(0.4).unwrap();
        let values = values.reshape(parameter.shape()).unwrap();
        let is_variance = parameter.path().ends_with("running_var");
        let values = if is_variance { values.add(1.0).unwrap() } else { values };
        parameter.set_data(&values).unwrap();
    }
    let head = Tensor::arange(shape.size()).to_dtype(DType::F64).cos().unwrap();
    let head = head.reshape(shape).unwrap();
    let mut x = x.to_dtype(DType::F64).copy();
    x.attach_grad();
    let value = |x: &Tensor| {
        random::seed(1);
        let y = train_mode(|| layer.forward(x)).unwrap();
        y.mul(&head).unwrap().sum().unwrap().item().unwrap()
    };
    random::seed(1);
    let y = record_with(true, || layer.forward(&x)).unwrap();
    y.backward_with(&head, false).unwrap();
    let shifted = |at: &Tensor, i: usize, by: f64| {
        let mut values = at.to_vec::<f64>().unwrap();
        values[i] += by;
        Tensor::from_vec(values, *at.shape()).unwrap()
    };
    const STEP: f64 = 1e-5;
    let mut worst = 0.0f64;
    let mut check = |gradient: &Tensor, at: &dyn Fn(usize, f64) -> f64| {
        for (i, gradient) in gradient.to_vec::<f64>().unwrap().into_iter().enumerate() {
            let quotient = (at(i, STEP) - at(i, -STEP)) / (2.0 * STEP);
            let error = (gradient - quotient).abs() / quotient.abs().max(1.0);
            assert!(!error.is_nan());
            worst = worst.max(error);
        }
    };
    check(&x.grad().unwrap(), &|i, by| value(&shifted(&x, i, by)));
    for parameter in parameters.iter().filter(|p| p.grad_req() != GradReq::Null) {
        let before = parameter.data().unwrap().copy();
        check(&parameter.grad().unwrap(), &|i, by| {
            parameter.set_data(&shifted(&before, i, by)).unwrap();
            let value = value(&x);
            parameter.set_data(&before).unwrap();
            value
        });
    }
    worst
}

#[test]
fn gradients_of_layers_match_difference_quotients() {
    let images = wave([2, 4, 30]).add(0.03).unwrap().reshape([2, 4, 5, 6]).unwrap();
    let steps = wave([3, 2, 4]);
    let conv = |channels| Conv2d::new(channels, 3).padding(1);
    let silu = Activation::Silu;
    let mut branches = Concurrent::new(1);
    branches.add(Conv2d::new(2, 1));
    branches.add(sequential![MaxPool2d::new(3).stride(1).padding(1), Identity]);
    let cases: [(&str, &Tensor, Box<dyn Layer>); 27] = [
        ("conv", &images, Box::new(conv(6).stride([2, 1]).groups(2).activation(silu))),
        ("transposed", &images, Box::new(ConvTranspose2d::new(2, 3).stride(2).output_padding(1))),
        ("avg", &images, Box::new(AvgPool2d::new(3).padding(1).exclude_padding().ceil_mode())),
        ("global", &images, Box::new(GlobalMaxPool2d::new())),
        ("prelu", &images, Box::new(PRelu::new().channels(4))),
        ("selu", &images, Box::new(Selu::new())),
        ("dropout", &images, Box::new(Dropout::new(0.5).axes(&[2]))),
        ("batch", &images, Box::new(BatchNorm::new())),
        ("layer", &images, Box::new(LayerNorm::new().axis(1))),
        ("instance", &images, Box::new(InstanceNorm::new().scale())),
        ("group", &images, Box::new(GroupNorm::new(2))),
        ("rms", &images, Box::new(RmsNorm::new())),
        (
            "beside",
            &images,
            Box::new(Residual::new(ConvTranspose2d::new(4, 3).padding(1).groups(2))),
        ),
        // Of one norm in two places, beside its own input, gradients add up.
        (
            "batches",
            &images,
            Box::new(Residual::new(sequential![a: BatchNorm::new(), #[shared(a)] _])),
        ),
        (
            "layers",
            &steps,
            Box::new(Residual::new(sequential![a: LayerNorm::new(), #[shared(a)] _])),
        ),
        (
            "channels",
            &images,
            Box::new(Residual::new(sequential![a: GroupNorm::new(2), #[shared(a)] _])),
        ),
        ("residual", &images, Box::new(Residual::new(conv(4)))),
        ("concurrent", &images, Box::new(branches)),
        ("lstm", &steps, Box::new(Lstm::new(3).layers(2).bidirectional())),
        ("gru", &steps, Box::new(Gru::new(3).layers(2).dropout(0.5).batch_first())),
        ("rnn", &steps, Box::new(Rnn::new(3).tanh().bidirectional())),
        ("attention", &steps, Box::new(MultiHeadAttention::new(4, 2).causal())),
        ("learned", &steps, Box::new(LearnedEncoding::new(4))),
        ("sines", &steps, Box::new(SinusoidalEncoding)),
        ("encoder", &steps, Box::new(TransformerEncoderLayer::new(4, 2, 5).dropout(0.2))),
        (
            "pre-norm",
            &steps,
            Box::new(TransformerEncoderLayer::new(4, 2, 5).pre_norm().activation(Activation::Gelu)),
        ),
        ("decoder", &steps, Box::new(Decoding(TransformerDecoderLayer::new(4, 2, 5)))),
    ];
    for (id, x, layer) in cases {
        let error = gradient_error(layer, x);
        assert!(error < 1e-7, "{id}: {error}");
    }
}

/// A decoder of its own input.
#[derive(Block)]
struct Decoding(TransformerDecoderLayer);

impl Forward for Decoding {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.0.forward(&(x.clone(), x.slice(1, ..1)?))
    }
}
