//! Layers: output and every gradient, as in MXNet.

use gluon::ParameterDict;
use gluon::autograd::{GradReq, record_with, train_mode};
use gluon::nn::{
    Activation, AvgPool2d, BatchNorm, Concurrent, Conv1d, Conv2d, ConvTranspose2d, Dense, Dropout,
    Elu, Embedding, Flatten, Gelu, GlobalAvgPool2d, GlobalMaxPool2d, GroupNorm, Gru, GruCell,
    Identity, InstanceNorm, Lambda, LayerNorm, LeakyRelu, LearnedEncoding, Lstm, LstmCell, Mask,
    MaxPool2d, MultiHeadAttention, PRelu, Residual, RmsNorm, Rnn, RnnCell, Selu,
    SinusoidalEncoding, Swish, TransformerDecoderLayer, TransformerEncoderLayer,
};
use gluon::prelude::*;
use gluon::random;

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
    golden::assert_complete(&golden["cases"], &tested, &[]);
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

#[test]
fn shapes_that_do_not_fit_are_named() {
    let x = Tensor::ones([2, 3, 5, 5]);
    let mut net = sequential![conv: Conv2d::new(4, 3).in_channels(2)];
    net.initialize().unwrap();
    let mut transposed = ConvTranspose2d::new(4, 3).in_channels(3).output_padding(1);
    transposed.initialize().unwrap();
    let cases: [(&dyn Layer, &Tensor, &str); 10] = [
        (&net, &x, "parameter `0.weight` expected shape (4, 2, 3, 3), found (4, 3, 3, 3)"),
        (
            &Conv2d::new(4, 3),
            &Tensor::ones([2, 3, 5]),
            "`conv2d` expected [batch, channels, height, width], found shape (2, 3, 5)",
        ),
        (
            &Conv2d::new(4, 3).groups(2),
            &x,
            "`conv2d` expected `groups` to be a divisor of both numbers of channels, found 2 for 3 -> 4",
        ),
        (
            &MaxPool2d::new(6),
            &x,
            "`max_pool2d` expected `kernel` to be at most as large as the padded input, found [6, 6] dilated by [1, 1] for shape (2, 3, 5, 5)",
        ),
        (
            &AvgPool2d::new(2).stride(0),
            &x,
            "`avg_pool2d` expected `stride` to be positive, found [0, 0]",
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
            "parameter `of shape (3,)` is not initialized; call `initialize` or `load_parameters` on its model first",
        ),
    ];
    for (layer, x, expected) in cases {
        assert_eq!(message(layer, x), *expected);
    }
    let mut prelu = PRelu::new().channels(4);
    prelu.initialize().unwrap();
    assert_eq!(message(&prelu, &x), "parameter `alpha` expected shape (4,), found (3,)");
}

#[test]
fn an_index_that_is_no_row_names_the_parameter() {
    let mut net = sequential![Embedding::new(6, 3)];
    net.initialize().unwrap();
    let expected = "parameter `0.weight` expected indices from 0 to 5, found 6 at position 2";
    assert_eq!(message(&net, &Tensor::from([0i32, 5, 6])), expected);
    assert!(message(&net, &Tensor::from([0i32, -1])).contains("found -1 at position 1"));
}

#[test]
fn dropout_is_the_identity_unless_training_and_its_gradient_is_its_mask() {
    let layer = Dropout::new(0.25);
    let mut x = Tensor::ones([40, 50]);
    assert_eq!(layer.forward(&x).unwrap(), x);
    x.attach_grad();
    random::seed(3);
    let y = record_with(true, || layer.forward(&x)).unwrap();
    y.backward().unwrap();
    assert_eq!(x.grad().unwrap(), y);
    let zeros = y.to_vec::<f32>().unwrap().iter().filter(|&&y| y == 0.0).count();
    assert!((400..600).contains(&zeros), "{zeros}");

    let draw = |seed| {
        random::seed(seed);
        train_mode(|| layer.forward(&x)).unwrap()
    };
    assert_eq!(draw(3), y);
    assert_ne!(draw(4), y);
    let next = train_mode(|| layer.forward(&x)).unwrap();
    assert_ne!(draw(4), next);

    let shared = Dropout::new(0.5).axes(&[-1]);
    let rows = train_mode(|| shared.forward(&x)).unwrap();
    let first = rows.slice(1, 0..1).unwrap().broadcast_to([40, 50]).unwrap();
    assert_eq!(rows, first);
    assert!(first.to_vec::<f32>().unwrap().contains(&2.0));
}

#[test]
fn batch_normalization_in_predict_mode_is_affine() {
    let mut layer = BatchNorm::new();
    layer.initialize().unwrap();
    let x = Tensor::arange(24).sin().unwrap().reshape([2, 3, 4]).unwrap();
    train_mode(|| layer.forward(&x)).unwrap();
    let f = |x: &Tensor| layer.forward(x).unwrap();
    let sum = f(&x).add(f(&x.mul(-1.0).unwrap())).unwrap();
    let twice = f(&x.zeros_like()).mul(2.0).unwrap();
    let error = sum.sub(&twice).unwrap().abs().unwrap().max().unwrap().item().unwrap();
    assert!(error < 1e-6, "{error}");
    let before = layer.running_mean.data().unwrap();
    f(&x);
    assert_eq!(layer.running_mean.data().unwrap(), before);
    record_with(true, || layer.forward(&x)).unwrap().backward().unwrap();
    assert_ne!(layer.running_mean.data().unwrap(), before);

    let wide = Tensor::ones([2, 4, 4]);
    assert_eq!(message(&layer, &wide), "parameter `gamma` expected shape (3,), found (4,)");
    let empty = train_mode(|| layer.forward(&Tensor::ones([0, 3, 4]))).unwrap_err().to_string();
    let expected = "`batch_norm` expected at least one element a channel, found shape (0, 3, 4)";
    assert_eq!(empty, expected);
    assert!(message(&layer, &Tensor::ones(3)).contains("expected an axis from -1 to 0, found 1"));
}

#[test]
fn normalizations_of_other_axes_and_groups_agree() {
    let x = Tensor::arange(48).sin().unwrap().reshape([2, 4, 6]).unwrap();
    let forward = |mut layer: Box<dyn Layer>, x: &Tensor| {
        layer.initialize().unwrap();
        layer.forward(x).unwrap()
    };
    let close = |a: &Tensor, b: &Tensor| {
        let error = a.sub(b).unwrap().abs().unwrap().max().unwrap().item().unwrap();
        assert!(error < 1e-6, "{error}");
    };
    let turned = x.permute(&[0, 2, 1]).unwrap();
    let last = forward(Box::new(LayerNorm::new()), &turned).permute(&[0, 2, 1]).unwrap();
    close(&forward(Box::new(LayerNorm::new().axis(1)), &x), &last);
    // As many groups as channels, and a batch of one image.
    let instance = forward(Box::new(InstanceNorm::new()), &x);
    close(&forward(Box::new(GroupNorm::new(4)), &x), &instance);
    let first = x.slice(0, 0..1).unwrap();
    let mut batch = BatchNorm::new();
    batch.initialize().unwrap();
    let alone = train_mode(|| batch.forward(&first)).unwrap();
    close(&alone, &instance.slice(0, 0..1).unwrap());
    // Of centered rows the mean square is the variance.
    let centered = forward(Box::new(LayerNorm::new().epsilon(0.0)), &x);
    close(&forward(Box::new(RmsNorm::new()), &centered), &centered);

    let mut five = GroupNorm::new(5);
    five.initialize().unwrap();
    let expected =
        "`group_norm` expected `groups` to be a divisor of the number of channels, found 5 for 4";
    assert_eq!(message(&five, &x), expected);
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

/// Gives a layer the weights of another, whose names may differ.
fn set_all(to: &ParameterDict, from: &ParameterDict) {
    assert_eq!(to.len(), from.len());
    for (to, from) in to.iter().zip(from) {
        to.set_data(&from.data().unwrap()).unwrap();
    }
}

#[test]
fn a_bidirectional_layer_is_two_one_of_them_on_the_reversed_sequence() {
    let x = wave([5, 2, 3]);
    let mut both = Lstm::new(4).bidirectional().in_units(3);
    both.initialize().unwrap();
    let parameters: Vec<Tensor> = both.collect_params().iter().map(|p| p.data().unwrap()).collect();
    let [forwards, backwards] = [0, 1].map(|direction| {
        let one = Lstm::new(4).in_units(3);
        for (own, value) in one.collect_params().iter().zip(&parameters[4 * direction..]) {
            own.set_data(value).unwrap();
        }
        one
    });
    let backwards = reversed(&backwards.forward(&reversed(&x)).unwrap());
    let expected = Tensor::concat(&[&forwards.forward(&x).unwrap(), &backwards], 2).unwrap();
    assert_same(&both.forward(&x).unwrap(), &expected);
}

#[test]
fn layers_of_a_recurrent_layer_are_recurrent_layers_in_turn() {
    let x = wave([5, 2, 3]);
    let mut whole = Gru::new(4).layers(2);
    whole.initialize().unwrap();
    let y = whole.forward(&x).unwrap();
    let net = sequential![Gru::new(4), Gru::new(4)];
    set_all(&net.collect_params(), &whole.collect_params());
    assert_same(&net.forward(&x).unwrap(), &y);
    assert_eq!(whole.collect_params().iter().next().unwrap().name(), "gru0_l0_i2h_weight");

    let turned = x.permute(&[1, 0, 2]).unwrap();
    let other = Gru::new(4).layers(2).batch_first();
    set_all(&other.collect_params(), &whole.collect_params());
    assert_same(&other.forward(&turned).unwrap(), &y.permute(&[1, 0, 2]).unwrap());

    // Dropout between the layers, while training only.
    let dropped = Gru::new(4).layers(2).dropout(0.5);
    set_all(&dropped.collect_params(), &whole.collect_params());
    assert_eq!(dropped.forward(&x).unwrap(), y);
    assert_ne!(train_mode(|| dropped.forward(&x)).unwrap(), y);
}

#[test]
fn a_sequence_may_be_cut_and_a_cell_takes_its_steps() {
    let x = wave([5, 2, 3]);
    let mut layer = Lstm::new(4);
    layer.initialize().unwrap();
    let begin = layer.begin_state(&x).unwrap();
    let (y, end) = layer.forward_from(&x, &begin).unwrap();
    let (head, middle) = layer.forward_from(&x.slice(0, ..2).unwrap(), &begin).unwrap();
    let (tail, states) = layer.forward_from(&x.slice(0, 2..).unwrap(), &middle).unwrap();
    assert_same(&Tensor::concat(&[&head, &tail], 0).unwrap(), &y);
    assert_eq!(states.len(), 2);
    states.iter().zip(&end).for_each(|(found, expected)| assert_same(found, expected));

    let cell = LstmCell::new(4);
    set_all(&cell.collect_params(), &layer.collect_params());
    let mut states = cell.begin_state(&x).unwrap();
    for t in 0..5 {
        let (output, after) = cell.step(&x.select(0, t).unwrap(), &states).unwrap();
        assert_same(&output, &y.select(0, t).unwrap());
        states = after;
    }
    assert_same(&states[1], &end[1].select(0, 0).unwrap());

    let (gru, rnn) = (GruCell::new(4), RnnCell::new(4).relu());
    let (gru_layer, rnn_layer) = (Gru::new(4), Rnn::new(4));
    for (layer, cell) in [(&gru_layer as &dyn Layer, &gru as &dyn Block), (&rnn_layer, &rnn)] {
        let parameters = cell.collect_params();
        for parameter in &parameters {
            let shape = [parameter.shape()[0], 3, 4][..parameter.shape().rank()].to_vec();
            let rows = if shape.len() == 1 {
                vec![shape[0]]
            } else {
                vec![shape[0], parameter.shape()[1].max(3)]
            };
            let values = Tensor::arange(rows.iter().product()).cos().unwrap();
            parameter.set_data(&values.reshape(Shape::new(&rows)).unwrap()).unwrap();
        }
        set_all(&layer.collect_params(), &parameters);
    }
    let states = gru.begin_state(&x).unwrap();
    assert_same(&gru.unroll(&x, &states).unwrap().0, &gru_layer.forward(&x).unwrap());
    let states = rnn.begin_state(&x).unwrap();
    assert_same(&rnn.unroll(&x, &states).unwrap().0, &rnn_layer.forward(&x).unwrap());
}

#[test]
fn sequences_and_states_that_do_not_fit_are_named() {
    let x = wave([5, 2, 3]);
    let mut layer = Lstm::new(4).batch_first();
    layer.initialize().unwrap();
    layer.forward(&x).unwrap();
    let flat = x.flatten().unwrap();
    let expected = "`lstm` expected [batch, steps, in_units], found shape (5, 6)";
    assert_eq!(message(&layer, &flat), expected);
    let wide = wave([5, 2, 4]);
    let expected = "parameter `_unfused.0.i2h_weight` expected shape (16, 3), found (16, 4)";
    assert_eq!(message(&layer, &wide), expected);
    let none = "`lstm` expected at least one step, found shape (0, 5, 3)";
    assert_eq!(message(&layer, &Tensor::ones([5, 0, 3])), none);
    let from = |states: &[Tensor]| layer.forward_from(&x, states).unwrap_err().to_string();
    let state = Tensor::zeros([1, 5, 4]);
    assert_eq!(
        from(std::slice::from_ref(&state)),
        "`lstm` expected `states` to be two: output and memory, found 1"
    );
    let wrong = [state, Tensor::zeros([1, 4, 4])];
    assert_eq!(from(&wrong), "`lstm` cannot combine shapes (1, 5, 4) and (1, 4, 4)");
}

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
    let cases: [(&str, &Tensor, Box<dyn Layer>); 23] = [
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

#[test]
fn attention_is_its_definition_and_does_not_know_the_order() {
    let x = wave([2, 5, 6]);
    let mut layer = MultiHeadAttention::new(6, 1);
    layer.initialize().unwrap();
    let y = layer.forward(&x).unwrap();
    let project = |dense: &Dense| dense.forward(&x).unwrap();
    let (q, k, v) = (project(&layer.query), project(&layer.key), project(&layer.value));
    let scores = q.matmul(&k.transpose().unwrap()).unwrap().div(6f64.sqrt()).unwrap();
    let one = scores.softmax().unwrap().matmul(&v).unwrap();
    assert_same(&y, &layer.output.forward(&one).unwrap());

    let mut heads = MultiHeadAttention::new(6, 3);
    heads.initialize().unwrap();
    let turned = x.permute(&[1, 0, 2]).unwrap();
    let backwards = reversed(&turned).permute(&[1, 0, 2]).unwrap();
    let again = heads.forward(&backwards).unwrap().permute(&[1, 0, 2]).unwrap();
    assert_same(&reversed(&again).permute(&[1, 0, 2]).unwrap(), &heads.forward(&x).unwrap());
    // With positions it does.
    let net = sequential![SinusoidalEncoding, heads];
    let again = net.forward(&backwards).unwrap().permute(&[1, 0, 2]).unwrap();
    assert_ne!(reversed(&again).permute(&[1, 0, 2]).unwrap(), net.forward(&x).unwrap());
}

#[test]
fn masks_hide_what_they_say() {
    let x = wave([2, 5, 6]);
    // The same sequences with another end.
    let other = Tensor::concat(&[&x.slice(1, ..3).unwrap(), &wave([2, 2, 6])], 1).unwrap();
    let head = |y: &Tensor| y.slice(1, ..3).unwrap();
    let mut layer = TransformerEncoderLayer::new(6, 2, 8).causal();
    layer.initialize().unwrap();
    let [y, z] = [&x, &other].map(|x| layer.forward(x).unwrap());
    assert_same(&head(&y), &head(&z));
    assert_ne!(y, z);

    let valid = Tensor::from([[true, true, true, false, false]; 2]);
    let masked = |x: &Tensor| layer.encode(x, &Mask::new().padding(valid.clone())).unwrap();
    assert_same(&head(&masked(&x)), &head(&masked(&other)));
    let short = layer.encode(&x.slice(1, ..3).unwrap(), &Mask::new()).unwrap();
    assert_same(&head(&masked(&x)), &short);

    let hidden = Tensor::from([0.0f32, 0.0, 0.0, f32::NEG_INFINITY, f32::NEG_INFINITY]);
    let added = layer.encode(&x, &Mask::new().additive(hidden)).unwrap();
    assert_same(&head(&added), &short);
    // Who may see nothing sees everything, and is a number.
    let none = Mask::new().padding(Tensor::zeros([2, 5]));
    assert_same(&layer.encode(&x, &none).unwrap(), &layer.encode(&x, &none).unwrap());

    // One query more than the first belongs to the last key.
    let attention = &layer.attention;
    let last = attention.attend(&x.slice(1, 4..).unwrap(), &x, &Mask::causal()).unwrap();
    let whole = attention.attend(&x, &x, &Mask::causal()).unwrap();
    assert_same(&last, &whole.slice(1, 4..).unwrap());

    let error = layer.encode(&x, &Mask::new().padding(Tensor::ones([2, 4]))).unwrap_err();
    assert_eq!(error.to_string(), "`mask` cannot combine shapes (2, 2, 5, 5) and (2, 4)");
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
    let expected = "parameter `0.weight` expected indices from 0 to 3, found 4 at position 4";
    assert_eq!(message(&net, &x), expected);
    let expected = "`multi_head_attention` expected `heads` to be a divisor of the number of units, found 4 for 6";
    assert_eq!(message(&MultiHeadAttention::new(6, 4), &x), expected);
    let mut attention = MultiHeadAttention::new(6, 2);
    attention.initialize().unwrap();
    let flat = x.flatten().unwrap();
    let expected = "`multi_head_attention` expected [batch, steps, units], found shape (2, 30)";
    assert_eq!(message(&attention, &flat), expected);
    let error = attention.attend(&x, &wave([3, 5, 6]), &Mask::new()).unwrap_err().to_string();
    assert_eq!(error, "`multi_head_attention` cannot combine shapes (2, 5, 6) and (3, 5, 6)");
}
