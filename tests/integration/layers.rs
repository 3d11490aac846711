//! Layers: output and every gradient, as in MXNet; what each is by definition; its mistakes.

mod attention;
mod dropout;
mod gradients;
mod misfits;
mod norm;
mod recurrent;
mod settings;

use gluon::autograd::{GradReq, record_with};
use gluon::nn::{
    AvgPool2d, BatchNorm, Conv1d, Conv2d, ConvTranspose2d, Dense, Dropout, Elu, Embedding, Flatten,
    Gelu, GlobalAvgPool2d, GlobalMaxPool2d, GroupNorm, Gru, InstanceNorm, Lambda, LayerNorm,
    LeakyRelu, Lstm, MaxPool2d, PRelu, Rnn, Selu, Swish,
};
use gluon::prelude::*;

use crate::golden::{self, SUMMED, assert_close, assert_each, case, tensor};

#[test]
fn outputs_and_gradients_are_those_of_mxnet() {
    use gluon::nn::Activation::{Softplus, Softsign};
    let cases: Vec<(&str, Box<dyn Layer>)> = vec![
        ("dense", Box::new(Dense::new(5))),
        ("dense_nobias", Box::new(Dense::new(5).no_bias())),
        ("dense_relu", Box::new(Dense::new(3).relu())),
        ("dense_sigmoid", Box::new(Dense::new(3).sigmoid())),
        ("dense_tanh", Box::new(Dense::new(3).tanh())),
        ("dense_softrelu", Box::new(Dense::new(3).activation(Softplus))),
        ("dense_softsign", Box::new(Dense::new(3).activation(Softsign))),
        ("dense_flatten", Box::new(Dense::new(3))),
        ("dense_noflatten", Box::new(Dense::new(3).keep_axes())),
        ("dense_1d_input", Box::new(Dense::new(3))),
        ("flatten", Box::new(Flatten)),
        ("lambda", Box::new(Lambda::new("tanh", Tensor::tanh))),
        ("leaky", Box::new(LeakyRelu::new(0.1))),
        ("prelu", Box::new(PRelu::new())),
        ("elu", Box::new(Elu::new(0.7))),
        ("selu", Box::new(Selu::new())),
        ("gelu", Box::new(Gelu::new())),
        ("swish", Box::new(Swish::new(1.5))),
        ("dropout_inference", Box::new(Dropout::new(0.5))),
        ("embedding", Box::new(Embedding::new(6, 3))),
        ("conv2d", Box::new(Conv2d::new(2, 3))),
        ("conv2d_pad_stride", Box::new(Conv2d::new(2, 3).stride(2).padding(1).relu())),
        ("conv1d", Box::new(Conv1d::new(2, 3))),
        ("conv2dtranspose", Box::new(ConvTranspose2d::new(2, 3).stride(2).in_channels(1))),
        ("maxpool", Box::new(MaxPool2d::new(2))),
        ("avgpool", Box::new(AvgPool2d::new(2))),
        ("avgpool_pad", Box::new(AvgPool2d::new(3).stride(2).padding(1))),
        ("gmaxpool", Box::new(GlobalMaxPool2d::new())),
        ("gavgpool", Box::new(GlobalAvgPool2d::new())),
        ("batchnorm_train", Box::new(BatchNorm::new())),
        ("batchnorm_infer", Box::new(BatchNorm::new())),
        ("batchnorm_2d", Box::new(BatchNorm::new().momentum(0.8).epsilon(1e-3))),
        ("batchnorm_noscale", Box::new(BatchNorm::new().no_scale())),
        ("batchnorm_global", Box::new(BatchNorm::new().use_global_stats())),
        ("layernorm", Box::new(LayerNorm::new())),
        ("instancenorm", Box::new(InstanceNorm::new().scale())),
        ("lstm", Box::new(Lstm::new(3))),
        ("gru", Box::new(Gru::new(3))),
        ("rnn_tanh", Box::new(Rnn::new(3).tanh())),
        ("rnn_relu", Box::new(Rnn::new(3))),
        ("groupnorm", Box::new(GroupNorm::new(2).per_group())),
    ];
    let golden = golden::open("layers.json");
    for (id, layer) in &cases {
        let case = case(&golden["cases"], id);
        let parameters = layer.collect_params();
        golden::set(&parameters, &case["params"]);
        let mut x = tensor(&case["x"]);
        if !case["x_grad"].is_null() {
            x.attach_grad();
        }
        let y = record_with(case["train_mode"] == true, || layer.forward(&x)).unwrap();
        assert_close(id, &y, &case["y"], SUMMED);
        y.backward_with(&tensor(&case["head_grad"]), false).unwrap();
        // Two gradients of MXNet are wrong: SELU's takes the scale twice, `scale · (alpha + y)`, and
        // that of a batch normalization by running statistics takes them for the batch's.
        if !case["x_grad"].is_null() && !["selu", "batchnorm_infer"].contains(id) {
            assert_close(id, &x.grad().unwrap(), &case["x_grad"], SUMMED);
        }
        let trained = parameters.iter().filter(|p| p.grad_req() != GradReq::Null).count();
        assert_eq!(trained, case["grads"].as_object().unwrap().len(), "{id}");
        assert_each(id, &parameters, Parameter::grad, &case["grads"], SUMMED);
        if let Some(running) = case.get("running_after") {
            assert_each(id, &parameters, Parameter::data, running, SUMMED);
            let y = layer.forward(&tensor(&case["x"])).unwrap();
            assert_close(id, &y, &case["y_inference_after"], SUMMED);
        }
    }
    let tested: Vec<&str> = cases.iter().map(|(id, _)| *id).collect();
    golden::assert_complete(&golden["cases"], &tested);
}

/// An activation inside `Dense` and as a layer of its own compute the same.
#[test]
fn an_activation_as_a_layer_is_that_of_a_dense_layer() {
    use gluon::nn::Activation::{Relu, Sigmoid, Softplus, Softsign, Tanh};
    let golden = golden::open("layers.json");
    for activation in [Relu, Sigmoid, Tanh, Softplus, Softsign] {
        let case = case(&golden["cases"], &format!("dense_{}", activation.name()));
        let net = sequential![Dense::new(3), activation];
        let parameters = net.collect_params();
        for name in ["weight", "bias"] {
            let entry = parameters.get(&format!("0.{name}")).unwrap();
            entry.set_data(&tensor(&case["params"][name])).unwrap();
        }
        let y = net.forward(&tensor(&case["x"])).unwrap();
        assert_close(activation.name(), &y, &case["y"], SUMMED);
    }
}

/// What `forward` of a layer says of an input.
fn message(layer: &dyn Layer, x: &Tensor) -> String {
    layer.forward(x).unwrap_err().to_string()
}

#[track_caller]
fn assert_same(found: &Tensor, expected: &Tensor) {
    assert_eq!(found.shape(), expected.shape());
    let error = found.sub(expected).unwrap().abs().unwrap().max().unwrap().item().unwrap();
    assert!(error < 1e-6, "{error}");
}

fn wave(shape: [usize; 3]) -> Tensor {
    Tensor::arange(shape.iter().product()).sin().unwrap().reshape(shape).unwrap()
}

/// The steps of a sequence in reverse order.
fn reversed(x: &Tensor) -> Tensor {
    let last = x.shape()[0] as i64;
    x.take(&Tensor::from_vec((0..last).rev().collect(), last as usize).unwrap()).unwrap()
}
