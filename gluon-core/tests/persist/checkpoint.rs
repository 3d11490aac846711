//! Files of checkpoints.

use std::fs;

use gluon::autograd::record;
use gluon::init::Initialization;
use gluon::optim::Sgd;
use gluon::persist::Load;
use gluon::random;
use gluon::train::{Checkpoint, Trainer};
use gluon::{Block, Persist, Tensor};

use crate::nets::{Mlp, Scratch, Tied, state};
use crate::resume::trained;

#[test]
fn checkpoints_are_models_and_models_checkpoints_without_training() {
    let scratch = Scratch::new();
    let path = scratch.at("a.gluon");
    let run = trained();
    run.checkpoint().save(&path).unwrap();
    let mut net = Mlp::new();
    net.load_parameters(&path).unwrap();
    assert_eq!(state(&net), state(&run.net));

    run.net.save_parameters(&path).unwrap();
    let checkpoint = Checkpoint::open(&path).unwrap();
    let mut net = Mlp::new();
    checkpoint.load(&mut net, &Load::new()).unwrap();
    assert_eq!(state(&net), state(&run.net));
    assert_eq!((checkpoint.step(), checkpoint.seed(), checkpoint.keys().count()), (0, None, 0));
    let mut again = trained();
    let error = checkpoint.resume(&mut again.net, &mut again.trainer).unwrap_err();
    assert!(error.to_string().ends_with("found a model alone"), "{error}");
}

#[test]
fn a_model_in_another_format_is_no_checkpoint() {
    let scratch = Scratch::new();
    let path = scratch.at("a.params");
    trained().net.save_parameters(&path).unwrap();
    let error = Checkpoint::open(&path).err().unwrap().to_string();
    let expected = "is not a valid gluon file: expected the first bytes of one; \
                    `load_parameters` reads other formats, found those of MXNet .params at byte 0";
    assert!(error.ends_with(expected), "{error}");
    fs::write(&path, [b'x'; 30]).unwrap();
    let error = Checkpoint::open(&path).err().unwrap().to_string();
    assert!(error.ends_with("found [78, 78, 78, 78, 78, 78, 78, 78] at byte 0"), "{error}");
}

#[test]
fn no_checkpoint_is_called_like_another_format() {
    let scratch = Scratch::new();
    let checkpoint = trained().checkpoint();
    for (name, whose) in [
        ("a.params", "MXNet"),
        ("a.SafeTensors", "`safetensors`"),
        ("a.npz", "archives of NumPy"),
        ("a.pt", "PyTorch"),
    ] {
        let path = scratch.at(name);
        let error = checkpoint.save(&path).unwrap_err().to_string();
        let expected = format!(
            "`Checkpoint::save` expected `path` to be one that ends in `.gluon`, or as no other \
             format does, found `{}`, whose ending is that of {whose}",
            path.display()
        );
        assert_eq!(error, expected);
        assert!(!path.exists());
    }
    for name in ["a.gluon", "a", "a.ckpt", "a.params.1"] {
        checkpoint.save(scratch.at(name)).unwrap();
        assert_eq!(Checkpoint::open(scratch.at(name)).unwrap().step(), checkpoint.step());
    }
}

#[test]
fn values_of_any_type_are_kept() {
    let run = trained();
    let scratch = Scratch::new();
    let path = scratch.at("a.gluon");
    let names = vec!["a".to_owned(), "ü".to_owned()];
    let checkpoint = run.checkpoint().with("names", &names).unwrap();
    checkpoint.with("best", &(0.5f64, Some(3u8))).unwrap().save(&path).unwrap();
    let checkpoint = Checkpoint::open(&path).unwrap();
    assert_eq!(checkpoint.get::<Vec<String>>("names").unwrap(), Some(names));
    assert_eq!(checkpoint.get("best").unwrap(), Some((0.5f64, Some(3u8))));
    assert_eq!(checkpoint.get::<u64>("none").unwrap(), None);
    assert!(checkpoint.get::<u8>("best").is_err());
    assert_eq!(checkpoint.keys().collect::<Vec<_>>(), ["best", "masks", "names"]);
    assert_eq!(checkpoint.seed(), Some(7));
}

/// Files of every version stay readable.
#[test]
fn files_of_version_1_load() {
    // The second keeps the state of the generator too.
    let [plain, path] = ["v1.gluon", "v1_random.gluon"]
        .map(|name| format!("{}/../tests/data/checkpoint/{name}", env!("CARGO_MANIFEST_DIR")));
    random::seed(5);
    if std::env::var_os("GLUON_WRITE_GOLDEN").is_some() {
        golden().save(&path).unwrap();
    }
    let state = random::state();
    check_golden(&plain);
    assert_eq!(random::state(), state, "a file without a state leaves the generator alone");
    random::seed(9);
    check_golden(&path);
    assert_eq!(random::state(), state);

    let scratch = Scratch::new();
    golden().save(scratch.at("again")).unwrap();
    let same = fs::read(scratch.at("again")).unwrap() == fs::read(path).unwrap();
    assert!(same, "what is written has changed, so its version must");
}

#[track_caller]
fn check_golden(path: &str) {
    let checkpoint = Checkpoint::open(path).unwrap();
    let mut net = Tied::new();
    net.initialize_with(Initialization::default().seed(0)).unwrap();
    let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.5).momentum(0.9)).unwrap();
    let report = checkpoint.resume(&mut net, &mut trainer).unwrap();
    assert_eq!(report.tied.len(), 2);
    assert_eq!(net.first.weight.data().unwrap().to_vec::<f32>().unwrap()[5], 5.0);
    assert_eq!(trainer.learning_rate(), 0.125);
    let states = trainer.state();
    assert_eq!((states[0].count, states[1].parameter.as_str()), (1, "first.bias"));
    assert_eq!(states[1].tensors[0].1, Tensor::from([-0.5f32; 4]));
    assert_eq!((checkpoint.step(), checkpoint.seed()), (17, Some(42)));
    assert_eq!(checkpoint.get::<String>("note").unwrap().as_deref(), Some("version 1"));
}

/// What stands in the file of version 1.
fn golden() -> Checkpoint {
    let mut net = Tied::new();
    net.initialize_with(Initialization::default().seed(0)).unwrap();
    let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.5).momentum(0.9)).unwrap();
    let bias = net.first.bias.as_ref().unwrap();
    record(|| bias.data()?.sum()?.add(net.first.weight.data()?.sum()?))
        .unwrap()
        .backward()
        .unwrap();
    trainer.step(1).unwrap();
    trainer.set_learning_rate(0.125);
    let weight = Tensor::arange(16).reshape([4, 4]).unwrap();
    net.first.weight.set_data(&weight).unwrap();
    let checkpoint = Checkpoint::new(&net).unwrap().with_trainer(&trainer);
    checkpoint.with_step(17).with_seed(42).with("note", "version 1").unwrap()
}
