//! Normalizations: what they are by definition.

use gluon::autograd::{GradReq, record_with, train_mode};
use gluon::nn::{BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RmsNorm};
use gluon::parameter::Entry;
use gluon::prelude::*;

use super::{assert_same, message};

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
    assert_eq!(
        message(&layer, &wide),
        "the input of shape (2, 4, 4) does not fit parameter `gamma`: expected one for shape (3,), as declared or told by the first input, found one for (4,)"
    );
    assert_eq!(f(&Tensor::ones([0, 3, 4])).shape(), [0, 3, 4]);
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

    let mut last = BatchNorm::new().axis(-1);
    last.initialize().unwrap();
    let found = train_mode(|| last.forward(&turned)).unwrap().permute(&[0, 2, 1]).unwrap();
    close(&found, &train_mode(|| batch.forward(&x)).unwrap());

    for (groups, channels) in [(5, 4), (0, 4), (0, 0)] {
        let expected = format!(
            "`group_norm` expected `groups` to be a divisor of the number of channels, found {groups} for {channels}"
        );
        let x = x.slice(1, ..channels).unwrap();
        assert_eq!(message(&GroupNorm::new(groups), &x), expected);
    }
}

/// By the formula, of rows whose mean is not 0.
#[test]
fn the_mean_square_is_not_the_variance() {
    let (x, epsilon) = (Tensor::from([[3.0f32, 4.0], [0.0, 1.0]]), 0.5);
    let mut layer = RmsNorm::new().epsilon(epsilon);
    layer.initialize().unwrap();
    let rows = [[3.0, 4.0, 12.5], [0.0, 1.0, 0.5]];
    let expected =
        rows.map(|[a, b, square]: [f64; 3]| [a, b].map(|x| x / (square + epsilon).sqrt()));
    assert_same(&layer.forward(&x).unwrap(), &Tensor::from(expected).to_dtype(DType::F32));
}

/// By hand: the variance is 1, so that an epsilon of 3 halves what is left.
#[test]
fn scale_shift_and_epsilon_are_as_they_are_told() {
    /// Every normalization with one setting.
    macro_rules! layers {
        ($($setting:ident($($value:expr)?))*) => {[
            Box::new(BatchNorm::new()$(.$setting($($value)?))*) as Box<dyn Layer>,
            Box::new(GroupNorm::new(1)$(.$setting($($value)?))*),
            Box::new(InstanceNorm::new().scale()$(.$setting($($value)?))*),
            Box::new(LayerNorm::new().axis(1)$(.$setting($($value)?))*),
        ]};
    }
    let x = Tensor::from([[[-1.0f32, 1.0]]]);
    for (layers, expected, trained) in [
        (layers!(epsilon(3.0)), [3.5, 6.5], &["gamma", "beta"][..]),
        (layers!(epsilon(3.0) no_scale()), [4.5, 5.5], &["beta"]),
        (layers!(epsilon(3.0) no_center()), [-1.5, 1.5], &["gamma"]),
        (layers!(epsilon(3.0) no_scale() no_center()), [-0.5, 0.5], &[]),
    ] {
        for mut layer in layers {
            layer.initialize().unwrap();
            let x = if layer.hint() == "layernorm" { x.reshape([1, 2]) } else { Ok(x.clone()) };
            let x = x.unwrap();
            layer.forward(&x).unwrap();
            for (name, value) in [("gamma", 3.0), ("beta", 5.0)] {
                let parameters = layer.collect_params();
                let parameter = &parameters[name];
                let value = Tensor::full(parameter.shape(), value, DType::F32);
                parameter.set_data(&value).unwrap();
            }
            let y = train_mode(|| layer.forward(&x)).unwrap();
            assert_same(&y, &Tensor::from(expected.map(|y| y as f32)).reshape(*x.shape()).unwrap());
            let parameters = layer.collect_params();
            let trains = |entry: &&Entry| entry.grad_req() != GradReq::Null;
            let found: Vec<&str> = parameters.iter().filter(trains).map(Entry::path).collect();
            assert_eq!(found, trained, "{}", layer.hint());
        }
    }
}

/// Variances are of distances from the mean: squares of the numbers would lose all of theirs.
#[test]
fn numbers_far_from_0_keep_their_distances() {
    let x = Tensor::arange(4).add(4e6).unwrap();
    let near = [-1.5, -0.5, 0.5, 1.5].map(|distance: f64| (distance / 1.25f64.sqrt()) as f32);
    let layers: [(Box<dyn Layer>, &[usize]); 4] = [
        (Box::new(LayerNorm::new()), &[1, 4]),
        (Box::new(InstanceNorm::new()), &[1, 1, 4]),
        (Box::new(BatchNorm::new()), &[4, 1]),
        (Box::new(BatchNorm::new()), &[2, 1, 2]),
    ];
    for (mut layer, shape) in layers {
        layer.initialize().unwrap();
        let y = train_mode(|| layer.forward(&x.reshape(Shape::new(shape))?)).unwrap();
        for (y, near) in y.to_vec::<f32>().unwrap().into_iter().zip(near) {
            assert!((y - near).abs() < 1e-5, "{} {y} {near}", layer.hint());
        }
    }
}

/// Values of another type than the input's are refused before anything is computed.
#[test]
fn scale_and_statistics_are_of_the_type_of_the_input() {
    let x = Tensor::ones([2, 3, 4]).to_dtype(DType::F64);
    let layers: [(&str, Box<dyn Layer>); 5] = [
        ("batch_norm", Box::new(BatchNorm::new())),
        ("batch_norm", Box::new(BatchNorm::new().no_scale().no_center())),
        ("group_norm", Box::new(GroupNorm::new(3))),
        ("layer_norm", Box::new(LayerNorm::new().no_scale())),
        ("rms_norm", Box::new(RmsNorm::new())),
    ];
    for (op, mut layer) in layers {
        layer.initialize().unwrap();
        let expected = format!("`{op}` expected both operands to be float32, found float64");
        let found = message(&layer, &x);
        assert!(found.starts_with(&expected), "{found}");
    }
    let mut layer = BatchNorm::new();
    layer.initialize().unwrap();
    let error = train_mode(|| layer.forward(&x)).unwrap_err().to_string();
    assert!(error.starts_with("`batch_norm` expected"), "{error}");
}
