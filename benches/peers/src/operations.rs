//! Single operations and layers: forward, and forward with the gradients of all that they depend on.

use gluon::autograd::record;
use gluon::init::Uniform;
use gluon::nn::{
    AvgPool2d, BatchNorm, Conv2d, Embedding, GlobalAvgPool2d, LayerNorm, Lstm, MaxPool2d,
    MultiHeadAttention, TransformerEncoderLayer,
};
use gluon::prelude::*;

use crate::measure::Measure;

/// Elements, and rows of 100 of them.
const SIZES: [usize; 2] = [1_000, 100_000];

/// Rows, inner length and columns of products.
const PRODUCTS: [[usize; 3]; 5] =
    [[4, 1024, 1024], [16, 512, 512], [64, 64, 64], [256, 256, 256], [1000, 1, 1000]];

/// Batch, channels and edge of images, and channels, edge, stride and padding of the convolution.
const CONVOLUTIONS: [[usize; 7]; 5] = [
    [8, 3, 32, 16, 3, 1, 1],
    [8, 32, 16, 32, 3, 1, 1],
    [8, 64, 16, 64, 1, 1, 0],
    [8, 32, 32, 64, 3, 2, 1],
    [2, 3, 224, 64, 7, 2, 3],
];

pub fn all(measure: &Measure) -> Result<()> {
    for size in SIZES {
        elements(measure, size)?;
    }
    for [m, k, n] in PRODUCTS {
        let (x, y) = (numbers(&[m, k])?, numbers(&[k, n])?);
        both(measure, &format!("matmul_{m}x{k}x{n}"), || x.data()?.matmul(&y.data()?))?;
    }
    let (x, y) = (numbers(&[64, 32, 32])?, numbers(&[64, 32, 32])?);
    both(measure, "matmul_64x32x32x32", || x.data()?.matmul(&y.data()?))?;
    for [batch, channels, edge, units, kernel, stride, padding] in CONVOLUTIONS {
        let name = format!("conv_{batch}x{channels}x{edge}_{units}_{kernel}_{stride}");
        let conv = Conv2d::new(units, kernel).stride(stride).padding(padding);
        layer(measure, &name, conv, &[batch, channels, edge, edge])?;
    }
    let image = [16, 32, 28, 28];
    layer(measure, "max_pool", MaxPool2d::new(2), &image)?;
    layer(measure, "avg_pool", AvgPool2d::new(2), &image)?;
    layer(measure, "global_avg_pool", GlobalAvgPool2d::new(), &image)?;
    layer(measure, "batch_norm", BatchNorm::new(), &image)?;
    layer(measure, "layer_norm", LayerNorm::new(), &[256, 128])?;
    layer(measure, "lstm", Lstm::new(64), &[20, 16, 64])?;
    layer(measure, "attention", MultiHeadAttention::new(64, 4), &[8, 64, 64])?;
    let encoder = TransformerEncoderLayer::new(64, 4, 256).dropout(0.0);
    layer(measure, "encoder", encoder, &[8, 64, 64])?;

    let mut embedding = Embedding::new(1000, 64);
    embedding.initialize()?;
    let words = (0..640).map(|i| i * 7919 % 1000).collect::<Vec<i64>>();
    let words = Tensor::from_vec(words, [32, 20])?;
    both(measure, "embedding", || embedding.forward(&words))
}

/// Functions of elements, of rows of 100 and of columns.
fn elements(measure: &Measure, size: usize) -> Result<()> {
    type Of<'f> = &'f dyn Fn(&Tensor, &Tensor) -> Result<Tensor>;
    let (x, y) = (numbers(&[size / 100, 100])?, numbers(&[size / 100, 100])?);
    let (row, column) = (numbers(&[100])?, numbers(&[size / 100, 1])?);
    let functions: [(&str, &Parameter, Of<'_>); 15] = [
        ("relu", &y, &|x, _| x.relu()),
        ("exp", &y, &|x, _| x.exp()),
        ("tanh", &y, &|x, _| x.tanh()),
        ("gelu", &y, &|x, _| x.gelu()),
        ("square", &y, &|x, _| x.pow(2.0)),
        ("add", &y, &|x, y| x.add(y)),
        ("mul", &y, &|x, y| x.mul(y)),
        ("add_row", &row, &|x, row| x.add(row)),
        ("mul_column", &column, &|x, column| x.mul(column)),
        ("sum", &y, &|x, _| x.sum()),
        ("sum_rows", &y, &|x, _| x.sum_axes(&[1], false)),
        ("sum_columns", &y, &|x, _| x.sum_axes(&[0], false)),
        ("max_rows", &y, &|x, _| x.max_axes(&[1], false)),
        ("softmax", &y, &|x, _| x.softmax()),
        ("concat", &y, &|x, y| Tensor::concat(&[x, y], 1)),
    ];
    for (name, y, function) in functions {
        both(measure, &format!("{name}_{size}"), || function(&x.data()?, &y.data()?))?;
    }
    Ok(())
}

fn layer(measure: &Measure, name: &str, mut layer: impl Layer, shape: &[usize]) -> Result<()> {
    layer.initialize()?;
    let x = numbers(shape)?;
    both(measure, name, || layer.forward(&x.data()?))
}

fn both(measure: &Measure, name: &str, f: impl Fn() -> Result<Tensor>) -> Result<()> {
    let (forward, gradients) = (format!("fwd_{name}"), format!("grad_{name}"));
    // What the first call finds out is not measured.
    let head = f()?.ones_like();
    if measure.wants_variant(&forward) {
        measure.time("ops", &forward, &f);
    }
    if measure.wants_variant(&gradients) {
        measure.time("ops", &gradients, || record(&f)?.backward_with(&head, false));
    }
    Ok(())
}

/// Numbers that have a gradient.
fn numbers(shape: &[usize]) -> Result<Parameter> {
    let numbers = Parameter::new(Shape::new(shape));
    numbers.initialize_with(Uniform(0.5))?;
    Ok(numbers)
}
