//! Hooks: who is called when blocks compute, and in which block an error happened.

use std::cell::RefCell;
use std::rc::Rc;

use gluon::autograd::record;
use gluon::block::Row;
use gluon::nn::{
    BatchNorm, Concurrent, Conv2d, Dense, Dropout, Flatten, Lambda, MaxPool2d, Residual,
    Sequential, TransformerEncoderLayer,
};
use gluon::prelude::*;

use crate::golden;

/// What hooks write down.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    fn add(&self, line: String) {
        self.0.borrow_mut().push(line);
    }

    fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

#[derive(Block)]
struct NestMlp {
    #[new(sequential![Dense::new(8).relu(), Dense::new(6).relu()])]
    net: Sequential,
    #[new(Dense::new(4).relu())]
    dense: Dense,
}

impl Forward for NestMlp {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.apply(&self.net)?.apply(&self.dense)
    }
}

fn net() -> NestMlp {
    let mut net = NestMlp::new();
    net.initialize().unwrap();
    net
}

/// As in MXNet: `hook_calls` of `contexts_hooks_autograd.json`.
#[test]
fn hooks_run_in_order_around_forward_until_they_are_dropped() {
    let golden = golden::open("contexts_hooks_autograd.json");
    let mut net = sequential![Dense::new(2)];
    net.initialize().unwrap();
    let x = Tensor::ones([1, 3]);
    let log = Log::default();
    let (pre, post, other) = (log.clone(), log.clone(), log.clone());
    let shape = |x: &Tensor| serde_json::to_value(x.shape().dims()).unwrap();
    let pre = net
        .before_forward("0", move |block, x| {
            pre.add(format!(r#"["pre","{}2",[{}]]"#, block.hint(), shape(x)));
        })
        .unwrap();
    let post = net
        .on_forward("0", move |block, x, y| {
            post.add(format!(r#"["post1","{}2",[{}],{}]"#, block.hint(), shape(x), shape(y)));
        })
        .unwrap();
    let other = net
        .on_forward("0", move |_, _, _| {
            other.add(r#"["post2","return value ignored"]"#.to_owned());
        })
        .unwrap();
    net.forward(&x).unwrap();
    log.add(r#"["--- result type","NDArray","detach pre"]"#.to_owned());
    pre.detach();
    net.forward(&x).unwrap();
    log.add(r#"["--- detach post1"]"#.to_owned());
    drop(post);
    net.forward(&x).unwrap();
    drop(other);
    net.forward(&x).unwrap();
    let expected = golden["hook_calls"].as_array().unwrap().iter().map(ToString::to_string);
    assert_eq!(log.take(), expected.collect::<Vec<_>>());
}

/// As in MXNet, whose activations are blocks of their own, and in which the first call shows
/// inner blocks twice.
#[test]
fn every_block_is_seen_when_it_has_computed() {
    let golden = golden::open("contexts_hooks_autograd.json");
    let net = net();
    let log = Log::default();
    let hooks = net.blocks().into_iter().map(|(path, _)| {
        let log = log.clone();
        net.on_forward(&path, move |block, _, _| log.add(block.hint().to_owned())).unwrap()
    });
    let hooks: Vec<_> = hooks.collect();
    Tensor::ones([2, 3]).apply(&net).unwrap();
    let names = golden::texts(&golden["nested_forward_hook_order"]);
    let names = names.into_iter().filter(|name| !name.contains('_'));
    let mut expected: Vec<&str> = names.map(|n| n.trim_end_matches(char::is_numeric)).collect();
    *expected.last_mut().unwrap() = "nestmlp"; // is called `n` there
    assert_eq!(log.take(), expected);
    drop(hooks);
    Tensor::ones([2, 3]).apply(&net).unwrap();
    assert!(log.take().is_empty());
}

/// The first field lies where its struct does, and boxes of what has no data lie nowhere.
#[test]
fn blocks_at_one_address_are_told_apart() {
    #[derive(Block)]
    #[block(sequential)]
    struct Outer<T>(T);

    let mut net = sequential![Outer(Outer(Dense::new(2))), Flatten, Flatten];
    net.initialize().unwrap();
    let log = Log::default();
    let watch = |path: &'static str| {
        let log = log.clone();
        net.on_forward(path, move |_, _, _| log.add(path.to_owned())).unwrap()
    };
    let _hooks = ["0", "0.0", "0.0.0", "2"].map(watch);
    net.forward(&Tensor::ones([1, 2])).unwrap();
    assert_eq!(log.take(), ["0.0.0", "0.0", "0", "2"]);
    let other = sequential![Flatten, Flatten];
    other.forward(&Tensor::ones([1, 2])).unwrap();
    assert!(log.take().is_empty());
}

#[test]
fn gradients_of_activations_are_shown_on_their_way_back() {
    let net = net();
    let x = Tensor::ones([2, 3]);
    let seen = Rc::new(RefCell::new(None));
    let keep = Rc::clone(&seen);
    let hook =
        net.on_backward("dense", move |gradient| *keep.borrow_mut() = Some(gradient.clone()));
    let hook = hook.unwrap();
    let head = Tensor::arange(8).reshape([2, 4]).unwrap();
    let y = record(|| net.forward(&x)).unwrap();
    y.backward_with(&head, false).unwrap();
    assert_eq!(seen.take(), Some(head.clone()));
    let watched = net.dense.weight.grad().unwrap();
    hook.detach();
    record(|| net.forward(&x)).unwrap().backward_with(&head, false).unwrap();
    assert_eq!(seen.take(), None);
    assert_eq!(net.dense.weight.grad().unwrap(), watched);
}

#[test]
fn a_hook_may_let_the_net_compute() {
    let net = net();
    let log = Log::default();
    let inner = log.clone();
    let again = net.dense.duplicate();
    let _hook = net.on_forward("dense", move |_, x, y| {
        inner.add("dense".to_owned());
        assert_eq!(&x.apply(&again).unwrap(), y);
    });
    net.forward(&Tensor::ones([2, 3])).unwrap();
    assert_eq!(log.take(), ["dense"]);
}

#[test]
fn a_block_that_there_is_not_is_refused_with_those_there_are() {
    let net = net();
    let error = net.on_forward("hiden", |_, _, _| ()).unwrap_err().to_string();
    let expected = "the model has no block `hiden`; it has `net`, `net.0`, `net.1`, `dense`";
    assert_eq!(error, expected);
    assert_eq!(net.child("net.1").unwrap().tree(), "Dense(None -> 6, Activation(relu))");
    let children: Vec<String> = net.children().into_iter().map(|(name, _)| name).collect();
    assert_eq!(children, ["net", "dense"]);
}

#[test]
fn an_error_says_in_which_block_it_happened() {
    let model = net();
    model.forward(&Tensor::ones([2, 3])).unwrap();
    let wide = model.forward(&Tensor::ones([2, 5])).unwrap_err();
    assert_eq!(
        wide.to_string(),
        "in block `net.0`: the input of shape (2, 5) does not fit parameter `net.0.weight`: expected one for shape (8, 3), as declared or told by the first input, found one for (8, 5)"
    );

    let reshape = Lambda::new("reshape", |x| x.reshape([3, 3]));
    let mut net = sequential![Dense::new(4), sequential![Dense::new(2), reshape.clone()]];
    net.initialize().unwrap();
    let error = net.forward(&Tensor::ones([2, 5])).unwrap_err().to_string();
    assert_eq!(error, "in block `1.1`: `reshape` expected 9 elements for shape (3, 3), found 4");

    /// Its layer without parameters does not know its own name.
    #[derive(Block)]
    struct Tail {
        #[new(Dense::new(2))]
        dense: Dense,
        reshape: Lambda,
    }
    impl Forward for Tail {
        fn forward(&self, x: &Tensor) -> Result<Tensor> {
            x.apply(&self.dense)?.apply(&self.reshape)
        }
    }
    let mut net = sequential![Dense::new(4), Tail::new(reshape)];
    net.initialize().unwrap();
    let error = net.forward(&Tensor::ones([2, 5])).unwrap_err().to_string();
    let expected = "in block `1`: in block `Lambda`: \
                    `reshape` expected 9 elements for shape (3, 3), found 4";
    assert_eq!(error, expected);
}

/// The whole is not called by a name, and a part of a name is none.
#[test]
fn an_error_of_a_model_begins_with_the_part_that_it_happened_in() {
    let mut net: Sequential = (0..11).map(|_| Dense::new(3)).collect();
    net.initialize().unwrap();
    net.forward(&Tensor::ones([2, 3])).unwrap();
    let wide = Tensor::ones([2, 5]);
    let text = net.forward(&wide).unwrap_err().to_string();
    assert!(text.starts_with("in block `0`: the input of shape (2, 5)"), "{text}");
    assert_eq!(wide.apply(&net).unwrap_err().to_string(), text);
    let bare = Sequential::new();
    assert_eq!(wide.apply(&bare).unwrap(), wide);

    // Its parameters are called `10.weight` and `10.bias`, which end like `0.weight` and `0.bias`.
    let tail = net.slice(10..).unwrap();
    let text = tail.forward(&wide).unwrap_err().to_string();
    assert!(text.starts_with("in block `0`: the input of shape (2, 5)"), "{text}");
}

/// One without parameters to know its name by goes by what a tree of the model calls it.
#[test]
fn an_error_calls_a_pool_by_its_kind() {
    #[derive(Block)]
    struct Pooled {
        #[new(Dense::new(2))]
        dense: Dense,
        #[new(MaxPool2d::new(3))]
        pool: MaxPool2d,
    }
    let net = Pooled::new();
    let x = Tensor::ones([1, 1, 2, 2]);
    let error = x.apply(&net.pool).unwrap_err().to_string();
    assert!(error.starts_with("in block `MaxPool2D`: "), "{error}");
    assert_eq!(net.dense.units(), 2);
}

/// With what caused it where it is written out.
#[test]
fn an_error_of_the_users_own_says_so_too() {
    let cause = || std::io::Error::other("no disk");
    let read = Lambda::new("read", move |_| {
        Err(Error::Io { action: "read", path: "mask".into(), source: cause() })
    });
    for (layer, expected) in [
        (
            Lambda::new("refuse", |_| Err(Error::other("no cats here"))),
            "in block `1`: no cats here",
        ),
        (Lambda::new("read", move |_| Err(Error::other(cause()))), "in block `1`: no disk"),
        (read, "cannot read `mask`: no disk"),
    ] {
        let mut net = sequential![Dense::new(4), layer];
        net.initialize().unwrap();
        let error = net.forward(&Tensor::ones([2, 5])).unwrap_err();
        assert_eq!(format!("{error:?}"), expected);
    }
}

/// Whatever else is wrong names its parameter already.
#[test]
fn an_error_of_a_parameter_is_left_as_it_is() {
    let error = NestMlp::new().forward(&Tensor::ones([2, 3])).unwrap_err();
    assert!(matches!(&error, Error::NotInitialized { name } if name == "net.0.weight"), "{error}");
}

/// Asserts that the summary of `net` has the rows and sums of the golden case `id`, in which
/// activations have rows of their own, and nested nets end in a dropout.
fn assert_summarized(id: &str, mut net: Sequential, x: impl Into<Shape>) {
    let golden = golden::open("reprs.json");
    let printed = golden::text(&golden::case(&golden["cases"], id)["repr"]);
    net.initialize().unwrap();
    let table = net.summary(&Tensor::ones(x)).unwrap();
    let row = |row: &Row| format!("{} {} {}", row.block, row.output.unwrap(), row.parameters);
    let rows: Vec<String> = table.rows.iter().map(row).collect();
    let lines = printed.lines().skip(4).take_while(|line| !line.starts_with('='));
    let lines = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let expected = lines
        .filter(|line| !line.starts_with("Activation"))
        .map(|line| {
            let (name, rest) = line.split_once('-').unwrap();
            let rest = rest.split_once(' ').unwrap().1;
            format!("{} {rest}", name.replace("NestMLP", "NestMlp"))
        })
        .collect::<Vec<_>>();
    assert_eq!(rows, expected, "{id}");
    let sums = [
        ("Total params: ", table.total),
        ("Trainable params: ", table.trainable),
        ("Non-trainable params: ", table.total - table.trainable),
        ("Shared params in forward computation graph: ", table.shared),
        ("Unique parameters in model: ", table.unique()),
    ];
    for (name, sum) in sums {
        let line = printed.lines().map(str::trim).find(|line| line.starts_with(name)).unwrap();
        assert_eq!(line, format!("{name}{sum}"), "{id}");
    }
}

#[test]
fn a_summary_counts_what_gluons_does() {
    let tail = sequential![Dense::new(2), Dropout::new(0.1)];
    let nested = sequential![NestMlp::new(), Dense::new(3), tail];
    assert_summarized("summary_nested", nested, [2, 7]);
    let shared = sequential![
        Dense::new(20),
        shared: Dense::new(20),
        #[shared(shared)] _,
        BatchNorm::new(),
        Flatten,
        Dense::new(3).no_bias(),
    ];
    assert_summarized("summary_shared_and_bn", shared, [2, 5]);
    let conv = sequential![Conv2d::new(4, 3).relu(), MaxPool2d::new(2), Flatten, Dense::new(10)];
    assert_summarized("summary_conv", conv, [1, 1, 8, 8]);
}

#[test]
fn a_summary_marks_what_is_shared_and_what_was_not_seen() {
    #[derive(Block)]
    struct Net {
        #[new(Parameter::constant(Tensor::ones([3])))]
        scale: Parameter,
        #[new(Dense::new(3))]
        first: Dense,
        #[shared(first)]
        again: Dense,
        #[new(Dense::new(2))]
        direct: Dense,
        #[new(Parameter::constant(Tensor::ones([2])))]
        offset: Parameter,
    }
    impl Forward for Net {
        fn forward(&self, x: &Tensor) -> Result<Tensor> {
            let x = x.mul(&self.scale.data()?)?.apply(&self.first)?.apply(&self.again)?;
            self.direct.forward(&x)?.add(&self.offset.data()?)
        }
    }
    let mut net = Net::new();
    net.initialize().unwrap();
    let table = net.summary(&Tensor::ones([1, 3])).unwrap();
    let expected = "\
Block   Layer  Output shape  Parameters
        Input  (1, 3)                 0
first   Dense  (1, 3)                12
again   Dense  (1, 3)                12  shared
        Net    (1, 2)                 5
direct  Dense  not seen               8
Total params: 37
Trainable params: 32
Non-trainable params: 5
Shared params: 12
Unique parameters in model: 25";
    assert_eq!(table.to_string(), expected);
}

/// Layers made of layers call them so that hooks see them.
#[test]
fn the_parts_of_every_layer_are_seen() {
    let mut concurrent = Concurrent::new(-1);
    concurrent.add(Dense::new(3).keep_axes());
    concurrent.add(Dense::new(5).keep_axes());
    let mut net = sequential![
        concurrent,
        Residual::new(Dense::new(8).keep_axes()),
        TransformerEncoderLayer::new(8, 2, 16),
    ];
    net.initialize().unwrap();
    let x = Tensor::arange(30).div(30.0).unwrap().reshape([1, 5, 6]).unwrap();
    let table = net.summary(&x).unwrap();
    assert!(table.rows.iter().all(|row| row.output.is_some()), "{table}");
    assert_eq!(table.total, net.collect_params().size());
    let dense = |path: &str| table.rows.iter().any(|row| row.path == path);
    assert!(["0.0", "0.1", "1.body", "2.attention.query"].into_iter().all(dense), "{table}");
}
