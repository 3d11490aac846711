//! After the first steps, a step of a fixed shape takes no memory from the allocator.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

extern crate gluon_core as gluon;

use gluon::autograd::record;
use gluon::loss::{L2Loss, Loss, SoftmaxCrossEntropyLoss};
use gluon::nn::{
    Activation, AvgPool2d, BatchNorm, Conv2d, Dense, Dropout, Embedding, Flatten, GroupNorm, Gru,
    GruCell, InstanceNorm, LayerNorm, Lstm, LstmCell, MaxPool2d, RmsNorm, Rnn, RnnCell, Sequential,
};
use gluon::optim::{Adam, Optimizer, Sgd};
use gluon::train::Trainer;
use gluon::{Block, Forward, Tensor, sequential};

/// What `f` takes from the allocator when it has run a few times.
fn allocations(mut f: impl FnMut()) -> u64 {
    (0..3).for_each(|_| f());
    allocation_counter::measure(f).count_total
}

fn mlp() -> Sequential {
    let mut net = sequential![Dense::new(16).relu(), Dense::new(8).tanh(), Dense::new(4)];
    net.initialize().unwrap();
    net
}

fn tied() -> Sequential {
    let mut net = sequential![
        Dense::new(8).relu(),
        shared: Dense::new(8).relu(),
        #[shared(shared)] _,
        Dense::new(4),
    ];
    net.initialize().unwrap();
    net
}

#[test]
fn a_forward_pass_allocates_nothing() {
    for net in [mlp(), tied()] {
        for batch in [1, 2] {
            let x = Tensor::ones([batch, 12]);
            assert_eq!(allocations(|| drop(net.forward(&x).unwrap())), 0, "batch {batch}");
        }
    }
}

#[test]
fn a_step_that_threads_share_allocates_nothing() {
    let mut net = sequential![Dense::new(256).relu(), Dense::new(10)];
    net.initialize().unwrap();
    let (x, loss) = (Tensor::ones([256, 784]), SoftmaxCrossEntropyLoss::default());
    let label = Tensor::from_vec(vec![1i64; 256], 256).unwrap();
    net.forward(&x).unwrap();
    let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.1)).unwrap();
    let mut step = || {
        let loss = record(|| loss.forward(&net.forward(&x)?, &label)).unwrap();
        loss.backward().unwrap();
        trainer.step(256).unwrap();
    };
    // The first time that a thread takes a part which another had before, it needs room of its own,
    // and the clock decides when that is. Then steps take nothing any more.
    let mut in_a_row = 0;
    for _ in 0..1000 {
        let taken = allocation_counter::measure(&mut step).count_total;
        in_a_row = if taken == 0 { in_a_row + 1 } else { 0 };
        if in_a_row == 50 {
            return;
        }
    }
    panic!("of 1000 steps, no 50 in a row took nothing");
}

#[test]
fn a_step_of_training_allocates_nothing() {
    fn check<O: Optimizer + Clone + 'static>(net: &Sequential, optimizer: &O) {
        let loss = SoftmaxCrossEntropyLoss::default();
        for batch in [1, 2] {
            let x = Tensor::ones([batch, 12]);
            let label = Tensor::from_vec(vec![1i64; batch], batch).unwrap();
            net.forward(&x).unwrap();
            let mut trainer = Trainer::new(net.collect_params(), optimizer.clone()).unwrap();
            let step = || {
                let loss = record(|| loss.forward(&net.forward(&x)?, &label)).unwrap();
                loss.backward().unwrap();
                trainer.step(batch).unwrap();
            };
            assert_eq!(allocations(step), 0, "batch {batch}");
        }
    }
    for net in [mlp(), tied()] {
        check(&net, &Sgd::new(0.1));
        check(&net, &Sgd::new(0.1).momentum(0.9));
        check(&net, &Adam::new(0.01));
    }
}

/// That neither a forward pass of `net` nor a step of its training allocates.
fn check_net(name: &str, mut net: Sequential, x: &Tensor) {
    net.initialize().unwrap();
    let label = Tensor::zeros([x.shape()[0]]);
    net.forward(x).unwrap();
    let loss = SoftmaxCrossEntropyLoss::default();
    let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.1)).unwrap();
    let step = || {
        record(|| loss.forward(&net.forward(x)?, &label)).unwrap().backward().unwrap();
        trainer.step(2).unwrap();
    };
    assert_eq!(allocations(step), 0, "a step of {name}");
    assert_eq!(allocations(|| drop(net.forward(x).unwrap())), 0, "{name}");
}

#[test]
fn convolutional_nets_allocate_nothing() {
    let net = sequential![
        Conv2d::new(3, 3).padding(1).relu(),
        MaxPool2d::new(2),
        Conv2d::new(4, 3),
        Activation::Silu,
        AvgPool2d::new(2),
        Dropout::new(0.5),
        Flatten,
        Dense::new(4),
    ];
    check_net("a convolutional net", net, &Tensor::ones([2, 1, 12, 12]));
}

#[test]
fn normalization_and_embeddings_allocate_nothing() {
    let (images, rows) = (Tensor::ones([2, 4, 3, 3]), Tensor::ones([2, 12]));
    check_net("BatchNorm", sequential![BatchNorm::new(), Dense::new(4)], &images);
    check_net("GroupNorm", sequential![GroupNorm::new(2), Dense::new(4)], &images);
    check_net("InstanceNorm", sequential![InstanceNorm::new(), Dense::new(4)], &images);
    check_net("LayerNorm", sequential![LayerNorm::new(), Dense::new(4)], &rows);
    check_net("RmsNorm", sequential![RmsNorm::new(), Dense::new(4)], &rows);
    check_net("Embedding", sequential![Embedding::new(9, 6), Dense::new(4)], &rows);
}

#[test]
fn recurrent_layers_allocate_nothing() {
    macro_rules! check {
        ($($layer:ident)*) => {$(
            for units in [5, 40] {
                let layer = || $layer::new(units);
                let deep = || layer().layers(2).dropout(0.5);
                let layers = [
                    ("one way", layer()),
                    ("bidirectional", layer().bidirectional()),
                    ("deep", deep()),
                    ("deep, bidirectional", deep().bidirectional()),
                    ("deep, batch first", deep().batch_first()),
                    ("deep, bidirectional, batch first", deep().bidirectional().batch_first()),
                ];
                for (what, layer) in layers {
                    let name = format!("{} {units} {what}", stringify!($layer));
                    check_net(&name, sequential![layer, Dense::new(4)], &Tensor::ones([6, 3, 4]));
                }
            }
        )*};
    }
    check!(Rnn Lstm Gru);
}

/// The vector of states that a cell returns is all that it takes.
#[test]
fn cells_allocate_the_vector_of_their_states() {
    macro_rules! check {
        ($($cell:ident)*) => {$(
            let mut cell = $cell::new(5);
            cell.initialize().unwrap();
            let x = Tensor::ones([6, 3, 4]);
            let begin = cell.begin_state(&x).unwrap();
            let pass = || {
                record(|| cell.unroll(&x, &begin)?.0.sum()).unwrap().backward().unwrap();
            };
            assert_eq!(allocations(pass), 1, "unrolled {}", stringify!($cell));
            let x = Tensor::ones([3, 4]);
            let steps = || {
                let loss = record(|| {
                    let (_, states) = cell.step(&x, &begin)?;
                    cell.step(&x, &states)?.0.sum()
                });
                loss.unwrap().backward().unwrap();
            };
            assert_eq!(allocations(steps), 2, "two steps of {}", stringify!($cell));
        )*};
    }
    check!(RnnCell LstmCell GruCell);
}

#[test]
fn a_gradient_through_arithmetic_and_sums_allocates_nothing() {
    let mut layer = Dense::new(3);
    layer.initialize().unwrap();
    let x = Tensor::ones([2, 3]);
    let loss = L2Loss::default();
    type Chain = fn(&Tensor, &Tensor) -> gluon::Result<Tensor>;
    let chains: [(&str, Chain); 12] = [
        ("add", |y, x| y.add(x)),
        ("mul", |y, x| y.mul(x)?.mul(0.5)),
        ("mean", |y, _| y.mean()),
        ("mean_axes", |y, _| y.mean_axes(&[1], false)),
        ("max", |y, _| y.max()),
        ("softmax", |y, _| y.softmax()),
        ("reshape", |y, _| y.reshape([6])),
        ("transpose", |y, _| y.transpose()),
        ("slice", |y, _| y.slice(1, 0..2)),
        ("concat", |y, x| Tensor::concat(&[y, x, y], 1)),
        ("pick", |y, _| y.pick(&Tensor::ones([2]))),
        ("take", |y, _| y.take(&Tensor::ones([3]))),
    ];
    for (name, chain) in chains {
        let pass = || {
            record(|| chain(&layer.forward(&x)?, &x)?.square()?.sum()).unwrap().backward().unwrap();
        };
        assert_eq!(allocations(pass), 0, "{name}");
    }
    let pass = || record(|| loss.forward(&layer.forward(&x)?, &x)).unwrap().backward().unwrap();
    assert_eq!(allocations(pass), 0, "loss");
}

/// Larger steps do take buffers, and give back all of them.
#[test]
fn memory_stays_flat_over_many_steps() {
    let net = tied();
    let (x, label) = (Tensor::ones([32, 12]), Tensor::zeros([32]));
    net.forward(&x).unwrap();
    let mut trainer = Trainer::new(net.collect_params(), Adam::new(0.01)).unwrap();
    let loss = SoftmaxCrossEntropyLoss::default();
    let mut steps = |count: usize| {
        for _ in 0..count {
            record(|| loss.forward(&net.forward(&x)?, &label)).unwrap().backward().unwrap();
            trainer.step(32).unwrap();
        }
    };
    steps(3);
    let few = allocation_counter::measure(|| steps(10));
    let many = allocation_counter::measure(|| steps(10_000));
    assert_eq!((many.count_current, many.bytes_current), (0, 0));
    assert_eq!(many.bytes_max, few.bytes_max);
}
