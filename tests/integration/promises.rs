//! Promises: what must always work, one short test each.

use gluon::autograd::record;
use gluon::block::Initialization;
use gluon::data::{DataLoader, Dataset, Mnist};
use gluon::init::Xavier;
use gluon::loss::{Loss, SoftmaxCrossEntropyLoss};
use gluon::metric::{Accuracy, Mean, Metric};
use gluon::nn::Dense;
use gluon::optim::{Adam, Sgd};
use gluon::prelude::*;
use gluon::train::Trainer;

#[derive(Block)]
struct Net {
    #[new(Dense::new(16).relu())]
    hidden: Dense,
    #[new(Dense::new(16).relu())]
    again: Dense,
    #[shared(again)]
    once_more: Dense,
    #[new(Dense::new(4))]
    output: Dense,
}

impl Forward for Net {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.apply(&self.hidden)?.apply(&self.again)?.apply(&self.once_more)?.apply(&self.output)
    }
}

fn net() -> Net {
    let mut net = Net::new();
    net.initialize_with(Xavier::default()).unwrap();
    net.forward(&x()).unwrap();
    net
}

fn x() -> Tensor {
    Tensor::arange(24).sub(12.0).unwrap().reshape([3, 8]).unwrap()
}

/// A step of training on the mean of squares.
fn step(net: &Net, trainer: &mut Trainer) {
    record(|| net.forward(&x())?.square()?.mean_axes(&[1], false)).unwrap().backward().unwrap();
    trainer.step(3).unwrap();
}

#[test]
fn names_follow_from_the_declaration() {
    let parameters = net().collect_params();
    let names: Vec<_> = parameters.iter().map(|p| (p.path(), p.name())).collect();
    assert_eq!(names[0], ("hidden.weight", "net0_dense0_weight"));
    assert_eq!(names[5], ("output.bias", "net0_dense3_bias"));
    assert_eq!(parameters.get("again.weight").unwrap().aliases(), ["once_more.weight"]);
}

#[test]
fn a_tie_is_one_parameter_whatever_happens_to_the_model() {
    let mut net = net();
    let mut trainer = Trainer::new(net.collect_params(), Adam::new(0.01)).unwrap();
    step(&net, &mut trainer);
    let folder = tempfile::tempdir().unwrap();
    net.save_parameters(folder.path().join("net.params")).unwrap();
    net.load_parameters(folder.path().join("net.params")).unwrap();
    net.cast(DType::F64);
    net.initialize_again(Xavier::default()).unwrap();
    for net in [&net, &net.duplicate()] {
        assert!(net.again.weight.is_same(&net.once_more.weight));
        assert_eq!(net.collect_params().len(), 6);
    }
}

#[test]
fn what_was_saved_is_what_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.params");
    let net = net();
    net.save_parameters(&path).unwrap();
    let mut again = Net::new();
    again.load_parameters(&path).unwrap();
    assert_eq!(again.forward(&x()).unwrap(), net.forward(&x()).unwrap());
}

#[test]
fn a_failed_load_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.params");
    let mut other = sequential![Dense::new(3)];
    other.initialize().unwrap();
    other.forward(&x()).unwrap();
    other.save_parameters(&path).unwrap();
    let mut net = net();
    let before = net.forward(&x()).unwrap();
    let error = net.load_parameters(&path).unwrap_err().to_string();
    assert!(error.contains("hidden.weight"), "{error}");
    assert_eq!(net.forward(&x()).unwrap(), before);
}

#[test]
fn equal_seeds_give_equal_models() {
    let draw = |seed| {
        let mut net = Net::new();
        net.initialize_with(Initialization::from(Xavier::default()).seed(seed)).unwrap();
        net.forward(&x()).unwrap()
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

#[test]
fn a_frozen_parameter_keeps_its_values_and_the_others_learn() {
    let net = net();
    net.hidden.set_grad_req(gluon::autograd::GradReq::Null);
    let before = [net.hidden.weight.data(), net.output.weight.data()].map(Result::unwrap);
    let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.1)).unwrap();
    step(&net, &mut trainer);
    assert_eq!(net.hidden.weight.data().unwrap(), before[0]);
    assert_ne!(net.output.weight.data().unwrap(), before[1]);
}

#[test]
fn a_model_may_change_its_type_in_the_middle_of_training() {
    let mut net = net();
    let mut trainer = Trainer::new(net.collect_params(), Adam::new(0.01)).unwrap();
    step(&net, &mut trainer);
    let mut kept = net.duplicate();
    net.cast(DType::F64);
    kept.cast(DType::F64);
    let x = x().to_dtype(DType::F64);
    record(|| net.forward(&x)?.square()?.mean_axes(&[1], false)).unwrap().backward().unwrap();
    trainer.step(3).unwrap();
    assert_ne!(net.output.weight.data().unwrap(), kept.output.weight.data().unwrap());
}

#[test]
fn many_threads_run_one_model() {
    let net = net();
    let expected = net.forward(&x()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(net.forward(&x()).unwrap(), expected));
        }
    });
}

#[test]
fn a_small_net_learns_the_digits() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/data/mnist");
    let mnist = Mnist::open(folder).unwrap();
    let (training, validation) = mnist.train.to_rows().unwrap().split(3600, 0).unwrap();
    let loader = DataLoader::new(training, 32).unwrap().shuffled(0);
    let mut net = sequential![Dense::new(32).relu(), Dense::new(Mnist::CLASSES)];
    net.initialize_with(Xavier::default()).unwrap();
    let mut trainer = Trainer::new(net.collect_params(), Adam::new(0.005)).unwrap();
    let loss = SoftmaxCrossEntropyLoss::default();
    let mut losses = Vec::new();
    for epoch in 0..2 {
        let mut mean = Mean::new();
        for batch in loader.epoch(epoch) {
            let (x, y) = batch.unwrap();
            let batch_loss = record(|| loss.forward(&net.forward(&x)?, &y)).unwrap();
            batch_loss.backward().unwrap();
            trainer.step(x.shape()[0]).unwrap();
            mean.update(&batch_loss);
        }
        losses.push(mean.value());
    }
    assert!(losses[1] < 0.6 * losses[0], "{losses:?}");
    let mut accuracy = Accuracy::new();
    for batch in DataLoader::new(validation, 100).unwrap().epoch(0) {
        let (x, y) = batch.unwrap();
        accuracy.update(&net.forward(&x).unwrap(), &y).unwrap();
    }
    assert!(accuracy.value() > 0.85, "{accuracy}");
}
