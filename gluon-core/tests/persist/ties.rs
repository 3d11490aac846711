use gluon::error::{Error, Misfit};
use gluon::nn::Dense;
use gluon::persist::{self, Load};
use gluon::{Block, Persist, Tensor};

use crate::nets::{Scratch, Tied, Untied, state};

fn tied() -> Tied {
    let mut net = Tied::new();
    net.initialize().unwrap();
    net
}

#[test]
fn tied_nets_keep_their_one_storage() {
    let scratch = Scratch::new();
    let path = scratch.at("t.params");
    let net = tied();
    net.save_parameters(&path).unwrap();
    let keys: Vec<String> =
        persist::load(&path).unwrap().into_dict().unwrap().into_iter().map(|(k, _)| k).collect();
    assert_eq!(keys, ["first.weight", "second.weight", "first.bias", "second.bias"]);

    let mut again = Tied::new();
    let report = again.load_parameters(&path).unwrap();
    assert!(again.first.weight.is_same(&again.second.weight));
    assert_eq!(again.second.weight.data().unwrap(), net.first.weight.data().unwrap());
    assert_eq!(report.loaded, ["first.weight", "first.bias"]);
    assert_eq!(report.tied[0].keys, ["first.weight", "second.weight"]);
}

#[test]
fn tied_files_load_into_untied_nets_and_back_while_equal() {
    let scratch = Scratch::new();
    let path = scratch.at("t.params");
    tied().save_parameters(&path).unwrap();
    let mut untied = Untied::new();
    untied.load_parameters(&path).unwrap();
    assert!(!untied.first.weight.is_same(&untied.second.weight));
    assert_eq!(untied.first.weight.data().unwrap(), untied.second.weight.data().unwrap());

    untied.save_parameters(&path).unwrap();
    tied().load_parameters(&path).unwrap();

    untied.second.weight.set_data(&Tensor::zeros([4, 4])).unwrap();
    untied.save_parameters(&path).unwrap();
    let mut net = tied();
    let before = state(&net);
    let error = net.load_parameters(&path).unwrap_err();
    let Error::Misfits { misfits, .. } = &error else { panic!("{error}") };
    let expected = Misfit::Disagreement {
        name: "first.weight".into(),
        first: "first.weight".into(),
        second: "second.weight".into(),
    };
    assert_eq!(*misfits, [expected]);
    let text = "arrays `first.weight` and `second.weight` differ, but both are `first.weight` here";
    assert!(error.to_string().contains(text), "{error}");
    assert_eq!(state(&net), before);
}

#[test]
fn one_of_the_names_of_a_shared_parameter_is_enough() {
    let scratch = Scratch::new();
    let path = scratch.at("t.params");
    let arrays = [("second.weight", Tensor::ones([4, 4])), ("first.bias", Tensor::ones([4]))];
    persist::save(&path, arrays).unwrap();
    let mut net = tied();
    net.load_parameters(&path).unwrap();
    assert_eq!(net.first.weight.data().unwrap(), Tensor::ones([4, 4]));
    assert!(Untied::new().load_parameters(&path).is_err());
}

#[test]
fn broken_ties_are_not_saved_and_mended_by_a_load() {
    let scratch = Scratch::new();
    let path = scratch.at("t.params");
    tied().save_parameters(&path).unwrap();

    let mut broken = tied();
    broken.second = Dense::new(4).in_units(4);
    broken.second.initialize().unwrap();
    let error = broken.save_parameters(scratch.at("b.params")).unwrap_err().to_string();
    assert!(error.starts_with("`second` is declared `#[shared(first)]`"), "{error}");
    assert!(!scratch.at("b.params").exists());

    let before = state(&broken);
    assert!(broken.load_parameters_with(&path, &Load::new().select("nothing")).is_err());
    assert_eq!(state(&broken), before);
    let dry = broken.load_parameters_with(&path, &Load::new().dry_run()).unwrap();
    assert_eq!(dry.loaded, ["first.weight", "first.bias"]);
    let other = scratch.at("other.params");
    persist::save(&other, [("first.weight", Tensor::ones([4, 4]))]).unwrap();
    assert!(matches!(broken.load_parameters(&other), Err(Error::Misfits { .. })));
    assert_eq!(state(&broken), before);
    assert!(!broken.first.weight.is_same(&broken.second.weight));

    broken.load_parameters(&path).unwrap();
    assert!(broken.first.weight.is_same(&broken.second.weight));
}
