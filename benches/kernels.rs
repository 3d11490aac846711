//! Single operations in the shapes of small and of wide nets: what got slower if `step` did.
//!
//! ```text
//! cargo bench --bench kernels
//! ```
//!
//! Names that end in `backward` are gradients with respect to all operands.

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use divan::Bencher;
use gluon::autograd::record;
use gluon::init::Uniform;
use gluon::nn::{Conv2d, Dense, GlobalAvgPool2d, MaxPool2d};
use gluon::optim::{Adam, Optimizer, Sgd};
use gluon::persist;
use gluon::prelude::*;
use gluon::train::Trainer;

fn main() {
    // The largest products take a tenth of a second.
    divan::Divan::default().max_time(Duration::from_secs(1)).config_with_args().main();
}

/// Numbers from -0.5 to 0.5 that have a gradient.
fn numbers<const N: usize>(shape: [usize; N]) -> Parameter {
    let numbers = Parameter::new(shape);
    numbers.initialize_with(Uniform(0.5)).expect("the shape is known");
    numbers
}

fn forward(bencher: Bencher<'_, '_>, f: impl Fn() -> Result<Tensor>) {
    bencher.bench_local(|| f().expect("shapes fit"));
}

fn backward(bencher: Bencher<'_, '_>, f: impl Fn() -> Result<Tensor>) {
    let y = record(f).expect("shapes fit");
    let head = y.ones_like();
    bencher.bench_local(|| y.backward_with(&head, true).expect("was recorded"));
}

/// Rows, inner length and columns of products.
const PRODUCTS: [[usize; 3]; 6] = [
    [4, 1024, 1024],
    [1000, 1, 1000],
    [16, 64, 64],
    [32, 784, 256],
    [256, 784, 256],
    [128, 4096, 4096],
];

#[divan::bench(args = PRODUCTS)]
fn matmul(bencher: Bencher<'_, '_>, [m, k, n]: [usize; 3]) {
    let (a, b) = (numbers([m, k]), numbers([k, n]));
    forward(bencher, || a.data()?.matmul(&b.data()?));
}

#[divan::bench(args = PRODUCTS)]
fn matmul_by_transposed(bencher: Bencher<'_, '_>, [m, k, n]: [usize; 3]) {
    let (a, b) = (numbers([m, k]), numbers([n, k]));
    forward(bencher, || a.data()?.matmul(&b.data()?.transpose()?));
}

#[divan::bench(args = PRODUCTS)]
fn matmul_of_transposed(bencher: Bencher<'_, '_>, [m, k, n]: [usize; 3]) {
    let (a, b) = (numbers([k, m]), numbers([k, n]));
    forward(bencher, || a.data()?.transpose()?.matmul(&b.data()?));
}

/// An input and a layer for it.
fn dense([m, k, n]: [usize; 3]) -> (Parameter, Dense) {
    (numbers([m, k]), layer(Dense::new(n).in_units(k).relu()))
}

fn layer<L: Layer>(mut layer: L) -> L {
    layer.initialize().expect("names differ");
    layer
}

#[divan::bench(args = PRODUCTS)]
fn dense_forward(bencher: Bencher<'_, '_>, sizes: [usize; 3]) {
    let (x, layer) = dense(sizes);
    forward(bencher, || layer.forward(&x.data()?));
}

#[divan::bench(args = PRODUCTS)]
fn dense_backward(bencher: Bencher<'_, '_>, sizes: [usize; 3]) {
    let (x, layer) = dense(sizes);
    backward(bencher, || layer.forward(&x.data()?));
}

/// Channels, edge of the image, and channels of the result of convolutions by 5 × 5.
const IMAGES: [[usize; 3]; 3] = [[1, 28, 6], [6, 14, 16], [32, 28, 64]];

fn conv([channels, edge, units]: [usize; 3]) -> (Parameter, Conv2d) {
    (numbers([64, channels, edge, edge]), layer(Conv2d::new(units, 5).in_channels(channels).relu()))
}

#[divan::bench(args = IMAGES)]
fn conv_forward(bencher: Bencher<'_, '_>, sizes: [usize; 3]) {
    let (x, layer) = conv(sizes);
    forward(bencher, || layer.forward(&x.data()?));
}

#[divan::bench(args = IMAGES)]
fn conv_backward(bencher: Bencher<'_, '_>, sizes: [usize; 3]) {
    let (x, layer) = conv(sizes);
    backward(bencher, || layer.forward(&x.data()?));
}

#[divan::bench]
fn max_pool_forward(bencher: Bencher<'_, '_>) {
    let (x, pool) = (numbers([64, 6, 28, 28]), MaxPool2d::new(2));
    forward(bencher, || pool.forward(&x.data()?));
}

#[divan::bench]
fn max_pool_backward(bencher: Bencher<'_, '_>) {
    let (x, pool) = (numbers([64, 6, 28, 28]), MaxPool2d::new(2));
    backward(bencher, || pool.forward(&x.data()?));
}

/// Rows and classes.
const LOGITS: [[usize; 2]; 2] = [[256, 10], [128, 1024]];

#[divan::bench(args = LOGITS)]
fn softmax_cross_entropy_forward(bencher: Bencher<'_, '_>, shape: [usize; 2]) {
    let (x, label) = (numbers(shape), Tensor::zeros(shape[0]));
    forward(bencher, || x.data()?.softmax_cross_entropy(&label));
}

#[divan::bench(args = LOGITS)]
fn softmax_cross_entropy_backward(bencher: Bencher<'_, '_>, shape: [usize; 2]) {
    let (x, label) = (numbers(shape), Tensor::zeros(shape[0]));
    backward(bencher, || x.data()?.softmax_cross_entropy(&label));
}

/// How many numbers are updated, or mapped one by one.
const LENGTHS: [usize; 2] = [2_000, 1_000_000];

#[derive(Block)]
struct Weight {
    weight: Parameter,
}

/// The update of as many numbers.
fn update(bencher: Bencher<'_, '_>, size: usize, optimizer: impl Optimizer + 'static) {
    let net = Weight { weight: numbers([size]) };
    let mut trainer = Trainer::new(net.collect_params(), optimizer).expect("has a parameter");
    let fresh = || record(|| net.weight.data()?.sum())?.backward();
    bencher
        .with_inputs(|| fresh().expect("was recorded"))
        .bench_local_values(|()| trainer.step(1).expect("has a gradient"));
}

#[divan::bench(args = LENGTHS, sample_size = 1)]
fn sgd(bencher: Bencher<'_, '_>, size: usize) {
    update(bencher, size, Sgd::new(0.1));
}

#[divan::bench(args = LENGTHS, sample_size = 1)]
fn sgd_with_momentum(bencher: Bencher<'_, '_>, size: usize) {
    update(bencher, size, Sgd::new(0.1).momentum(0.9));
}

#[divan::bench(args = LENGTHS, sample_size = 1)]
fn adam(bencher: Bencher<'_, '_>, size: usize) {
    update(bencher, size, Adam::new(0.001));
}

#[divan::bench(args = LENGTHS)]
fn exp(bencher: Bencher<'_, '_>, size: usize) {
    let x = numbers([size]);
    forward(bencher, || x.data()?.exp());
}

#[divan::bench(args = LENGTHS)]
fn tanh(bencher: Bencher<'_, '_>, size: usize) {
    let x = numbers([size]);
    forward(bencher, || x.data()?.tanh());
}

#[divan::bench(args = LENGTHS)]
fn tanh_backward(bencher: Bencher<'_, '_>, size: usize) {
    let x = numbers([size]);
    backward(bencher, || x.data()?.tanh());
}

#[divan::bench(args = LENGTHS)]
fn relu(bencher: Bencher<'_, '_>, size: usize) {
    let x = numbers([size]);
    forward(bencher, || x.data()?.relu());
}

#[divan::bench(args = LENGTHS)]
fn gelu(bencher: Bencher<'_, '_>, size: usize) {
    let x = numbers([size]);
    forward(bencher, || x.data()?.gelu());
}

/// A factor for each row of 100 elements.
#[divan::bench(args = LENGTHS)]
fn scale_rows_backward(bencher: Bencher<'_, '_>, size: usize) {
    let (x, factors) = (numbers([size / 100, 100]), numbers([size / 100, 1]));
    backward(bencher, || x.data()?.mul(&factors.data()?));
}

#[divan::bench(args = LENGTHS)]
fn add(bencher: Bencher<'_, '_>, size: usize) {
    let (x, y) = (numbers([size]), numbers([size]));
    forward(bencher, || x.data()?.add(&y.data()?));
}

#[divan::bench]
fn sum(bencher: Bencher<'_, '_>) {
    let x = numbers([1000, 1000]);
    forward(bencher, || x.data()?.sum());
}

#[divan::bench(args = [0, 1])]
fn sum_axis(bencher: Bencher<'_, '_>, axis: isize) {
    let x = numbers([1000, 1000]);
    forward(bencher, || x.data()?.sum_axes(&[axis], false));
}

#[divan::bench]
fn sum_of_short_rows(bencher: Bencher<'_, '_>) {
    let x = numbers([10_000, 100]);
    forward(bencher, || x.data()?.sum_axes(&[1], false));
}

#[divan::bench]
fn global_avg_pool(bencher: Bencher<'_, '_>) {
    let (x, pool) = (numbers([64, 6, 28, 28]), GlobalAvgPool2d::new());
    forward(bencher, || pool.forward(&x.data()?));
}

/// Extensions of files, and how many matrices of which edge they hold: 4 MB, or many small ones.
const FILES: [(&str, usize, usize); 4] =
    [("params", 1, 1000), ("gluon", 1, 1000), ("params", 1000, 16), ("gluon", 1000, 16)];

/// A path in memory, where there is such a folder: a disk would hide how long it takes.
fn file((extension, count, edge): (&str, usize, usize)) -> (tempfile::TempPath, Vec<Tensor>) {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let file = tempfile::Builder::new().suffix(&format!(".{extension}")).tempfile_in(folder);
    let matrix = |_| numbers([edge, edge]).data().expect("it was drawn");
    (file.expect("there is a folder for it").into_temp_path(), (0..count).map(matrix).collect())
}

#[divan::bench(args = FILES)]
fn save(bencher: Bencher<'_, '_>, kind: (&str, usize, usize)) {
    let (path, tensors) = file(kind);
    bencher.bench_local(|| persist::save(&path, &tensors).expect("can be written"));
}

#[divan::bench(args = FILES)]
fn load(bencher: Bencher<'_, '_>, kind: (&str, usize, usize)) {
    let (path, tensors) = file(kind);
    persist::save(&path, &tensors).expect("can be written");
    bencher.bench_local(|| persist::load(black_box(&path)).expect("was written").into_list());
}
