//! Layers: output and every gradient, as in MXNet.

use gluon::autograd::record;
use gluon::nn::{Dense, Flatten, Lambda};
use gluon::prelude::*;

use crate::golden::{self, SUMMED, assert_close, assert_each, case, tensor};

/// Cases of layers that do not exist here.
const MISSING: [&str; 29] = [
    "leaky",
    "prelu",
    "elu",
    "selu",
    "gelu",
    "swish",
    "dropout_inference",
    "batchnorm_train",
    "batchnorm_infer",
    "batchnorm_2d",
    "batchnorm_noscale",
    "batchnorm_global",
    "layernorm",
    "instancenorm",
    "groupnorm",
    "embedding",
    "conv2d",
    "conv2d_pad_stride",
    "conv1d",
    "conv2dtranspose",
    "maxpool",
    "avgpool",
    "avgpool_pad",
    "gmaxpool",
    "gavgpool",
    "lstm",
    "gru",
    "rnn_tanh",
    "rnn_relu",
];

#[test]
fn outputs_and_gradients_are_those_of_mxnet() {
    use gluon::nn::Activation::{Softplus, Softsign};
    let cases: [(&str, Box<dyn Layer>); 12] = [
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
    ];
    let golden = golden::open("layers.json");
    for (id, layer) in &cases {
        let case = case(&golden["cases"], id);
        let parameters = layer.collect_params();
        golden::set(&parameters, &case["params"]);
        let mut x = tensor(&case["x"]);
        x.attach_grad();
        let y = record(|| layer.forward(&x)).unwrap();
        assert_close(id, &y, &case["y"], SUMMED);
        y.backward_with(&tensor(&case["head_grad"]), false).unwrap();
        assert_close(id, &x.grad().unwrap(), &case["x_grad"], SUMMED);
        assert_eq!(parameters.len(), case["grads"].as_object().unwrap().len());
        assert_each(id, &parameters, Parameter::grad, &case["grads"], SUMMED);
    }
    let tested: Vec<&str> = cases.iter().map(|(id, _)| *id).collect();
    golden::assert_complete(&golden["cases"], &tested, &MISSING);
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
