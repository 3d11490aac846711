use std::fs;

use gluon::error::{Error, Misfit};
use gluon::nn::Sequential;
use gluon::persist::{self, Cast, Load};
use gluon::{Block, DType, Forward, Persist, Tensor};

use crate::nets::{Half, Mlp, Mlp3, Scratch, input, mlp, state};

/// The misfits of a load that leaves the net as it was.
fn misfits<B: Block>(net: &mut B, path: &std::path::Path, load: &Load) -> Vec<Misfit> {
    let before = state(net);
    let dry = net.load_parameters_with(path, &load.clone().dry_run()).unwrap();
    assert!(!dry.fits());
    let error = net.load_parameters_with(path, load).unwrap_err();
    assert_eq!(state(net), before);
    let Error::Misfits { misfits, .. } = error else { panic!("{error}") };
    assert_eq!(dry.misfits().cloned().collect::<Vec<_>>(), misfits);
    misfits
}

#[test]
fn a_net_in_any_state_takes_the_values() {
    let scratch = Scratch::new();
    let (path, net) = scratch.of_mlp();
    let y = net.forward(&input()).unwrap();
    let mut deferred = Mlp::new();
    deferred.initialize().unwrap();
    for mut again in [Mlp::new(), deferred, mlp()] {
        let report = again.load_parameters(&path).unwrap();
        assert_eq!(again.forward(&input()).unwrap(), y);
        let names = ["hidden.weight", "hidden.bias", "output.weight", "output.bias"];
        assert_eq!(report.loaded, names);
        assert!(report.fits() && report.renamed.is_empty() && report.tied.is_empty());
        let text = format!("4 parameters from `{}` (MXNet .params)", path.display());
        assert_eq!(report.to_string(), text);
    }
}

#[test]
fn nets_without_all_values_are_not_saved() {
    let scratch = Scratch::new();
    let mut net = Mlp::new();
    for message in ["`hidden.weight` is not initialized", "`hidden.weight` has shape (4, 0)"] {
        let error = net.save_parameters(scratch.at("m.params")).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
        assert!(!scratch.at("m.params").exists());
        net.initialize().unwrap();
    }
}

#[test]
fn every_mistake_is_in_one_error() {
    let scratch = Scratch::new();
    let path = scratch.at("m.params");
    let arrays = [
        ("hidden.weight", Tensor::zeros([5, 2])),
        ("hiden.bias", Tensor::zeros([4])),
        ("output.weight", Tensor::zeros([3, 4]).to_dtype(DType::F64)),
        ("output.bias", Tensor::zeros([3, 1])),
    ];
    persist::save(&path, arrays).unwrap();
    let mut net = Mlp::new();
    net.initialize().unwrap();
    let found = misfits(&mut net, &path, &Load::new());
    assert_eq!(found.len(), 5);
    let error = net.load_parameters(&path).unwrap_err().to_string();
    let expected = format!(
        "`{}` does not fit the model:
  parameter `hidden.weight` expected shape (4, 0), found (5, 2)
  parameter `output.weight` expected float32, found float64
  parameter `output.bias` expected shape (3,), found (3, 1)
  parameter `hidden.bias` is not in the file; did you mean `hiden.bias`?
  array `hiden.bias` is not in the model; did you mean `hidden.bias`?
nothing has changed; \
         build the model with the sizes of the file, or `select` what is to be loaded; `cast_dtype` converts; \
         `rename` gives arrays the names of the model; `allow_missing` keeps the parameters that are not in the file; \
         `ignore_extra` passes over arrays that are not in the model",
        path.display()
    );
    assert_eq!(error, expected);
}

#[test]
fn missing_parameters_keep_their_state_if_allowed() {
    let scratch = Scratch::new();
    let (path, net) = scratch.of_mlp();
    let mut more = Mlp3::new();
    let found = misfits(&mut more, &path, &Load::new());
    assert!(matches!(&found[..], [Misfit::Missing { name, .. }, Misfit::Missing { .. }]
        if name == "third.weight"));
    let report = more.load_parameters_with(&path, &Load::new().allow_missing()).unwrap();
    assert_eq!(report.missing, found);
    assert_eq!(more.output.weight.data().unwrap(), net.output.weight.data().unwrap());
    assert!(!more.third.weight.is_initialized());
    assert!(!misfits(&mut Sequential::new(), &path, &Load::new().allow_missing()).is_empty());
}

#[test]
fn extra_arrays_are_ignored_if_allowed() {
    let scratch = Scratch::new();
    let (path, net) = scratch.of_mlp();
    let mut half = Half::new();
    assert_eq!(misfits(&mut half, &path, &Load::new()).len(), 2);
    let report = half.load_parameters_with(&path, &Load::new().ignore_extra()).unwrap();
    assert_eq!(report.extra.len(), 2);
    assert_eq!(half.hidden.weight.data().unwrap(), net.hidden.weight.data().unwrap());
}

#[test]
fn types_must_match_unless_cast() {
    let scratch = Scratch::new();
    let (path, net) = scratch.of_mlp();
    let mut half = Mlp::new();
    half.cast(DType::F16);
    assert_eq!(misfits(&mut half, &path, &Load::new()).len(), 4);
    let to_model = Load::new().cast_dtype(Cast::ToModel);
    let report = half.load_parameters_with(&path, &to_model).unwrap();
    assert_eq!(report.converted.len(), 4);
    assert_eq!((report.converted[0].from, report.converted[0].to), (DType::F32, DType::F16));
    let weight = net.hidden.weight.data().unwrap();
    assert_eq!(half.hidden.weight.data().unwrap(), weight.to_dtype(DType::F16));
    half.load_parameters_with(&path, &Load::new().cast_dtype(Cast::ToFile)).unwrap();
    assert_eq!(half.hidden.weight.dtype(), DType::F32);
    assert_eq!(half.hidden.weight.data().unwrap(), weight);
}

#[test]
fn a_selection_that_fits_nothing_is_a_misfit() {
    let scratch = Scratch::new();
    let (path, mut net) = scratch.of_mlp();
    let load = Load::new().select(r"hiden\.");
    let found = misfits(&mut net, &path, &load);
    assert_eq!(found, [Misfit::Unselected { pattern: r"hiden\.".to_owned() }]);
    let error = net.load_parameters_with(&path, &load).unwrap_err().to_string();
    let expected = r"the selection `hiden\.` fits no parameter and no array
nothing has changed; `select` goes by the names of the model, from their start; `tree` shows them";
    assert!(error.ends_with(expected), "{error}");
    let lenient = load.clone().allow_missing().ignore_extra();
    assert!(net.load_parameters_with(&path, &lenient).unwrap().loaded.is_empty());
    // what fits the file alone, or the model alone, is told as such
    let mut half = Half::new();
    assert!(matches!(
        misfits(&mut half, &path, &Load::new().select("output"))[..],
        [Misfit::Extra { .. }, Misfit::Extra { .. }]
    ));
    assert!(matches!(
        misfits(&mut Mlp3::new(), &path, &Load::new().select("third"))[..],
        [Misfit::Missing { .. }, Misfit::Missing { .. }]
    ));
}

#[test]
fn rules_rename_arrays() {
    let scratch = Scratch::new();
    let (_, net) = scratch.of_mlp();
    let path = scratch.at("r.params");
    let arrays = net.collect_params();
    let arrays: Vec<(String, Tensor)> = arrays
        .iter()
        .map(|p| (format!("module.{}", p.path().replace("hidden", "fc1")), p.data().unwrap()))
        .collect();
    persist::save(&path, arrays).unwrap();
    let mut again = Mlp::new();
    misfits(&mut again, &path, &Load::new());
    let load = Load::new()
        .rename_with(|key| Some(key.strip_prefix("module.")?.to_owned()))
        .rename(r"^fc(\d)\.", "hidden.");
    let report = again.load_parameters_with(&path, &load).unwrap();
    assert_eq!(report.renamed.len(), 4);
    assert_eq!(report.renamed[0].key, "module.fc1.weight");
    assert_eq!(report.renamed[0].name, "hidden.weight");
    assert_eq!(again.forward(&input()).unwrap(), net.forward(&input()).unwrap());

    let wrong = Load::new().rename(r"^module\.", "").rename("fc1", "hiden").allow_missing();
    let found: Vec<String> =
        misfits(&mut Mlp::new(), &path, &wrong).iter().map(Misfit::to_string).collect();
    assert_eq!(
        found[0],
        "array `module.fc1.weight`, renamed to `hiden.weight`, is not in the model; \
         did you mean `hidden.weight`?"
    );

    let blunt = Load::new().rename(".*weight", "hidden.weight").allow_missing().ignore_extra();
    let found = misfits(&mut Mlp::new(), &path, &blunt);
    assert!(matches!(&found[0], Misfit::SameName { .. }), "{found:?}");
    for load in [Load::new().rename("(", ""), Load::new().select("a)|(c")] {
        let error = again.load_parameters_with(&path, &load).unwrap_err();
        assert!(error.to_string().contains("expected `pattern` to be a regular expression"));
    }
}

#[test]
fn a_selection_leaves_the_rest_of_both_sides() {
    let scratch = Scratch::new();
    let (path, net) = scratch.of_mlp();
    let mut more = Mlp3::new();
    let load = Load::new().select("hidden");
    let report = more.load_parameters_with(&path, &load).unwrap();
    assert_eq!(report.loaded, ["hidden.weight", "hidden.bias"]);
    assert_eq!(report.unselected, ["output.weight", "output.bias"]);
    assert!(report.missing.is_empty() && report.extra.is_empty());
    assert_eq!(more.hidden.bias.as_ref().unwrap().data().unwrap(), Tensor::zeros([4]));
    assert!(!more.output.weight.is_initialized());
    assert_eq!(more.hidden.weight.data().unwrap(), net.hidden.weight.data().unwrap());
}

#[test]
fn a_dry_run_changes_nothing() {
    let scratch = Scratch::new();
    let (path, _) = scratch.of_mlp();
    let mut net = Mlp::new();
    let before = state(&net);
    let report = net.load_parameters_with(&path, &Load::new().dry_run()).unwrap();
    assert!(report.fits());
    assert_eq!(report.loaded.len(), 4);
    assert_eq!(state(&net), before);
}

#[test]
fn what_is_no_model_is_refused() {
    let scratch = Scratch::new();
    let (path, _) = scratch.of_mlp();
    let mut net = Mlp::new();
    persist::save(scratch.at("list"), vec![Tensor::ones([2, 2])]).unwrap();
    let found = misfits(&mut net, &scratch.at("list"), &Load::new());
    assert_eq!(found[0], Misfit::Unnamed { count: 1 });
    fs::write(scratch.at("bad"), "hello world, this is a bad file").unwrap();
    fs::write(scratch.at("empty"), "").unwrap();
    for name in ["bad", "empty"] {
        let error = net.load_parameters(scratch.at(name)).unwrap_err();
        assert!(matches!(error, Error::Format { .. }), "{error}");
    }
    assert!(matches!(net.load_parameters(scratch.at("none")), Err(Error::Io { .. })));
    // A file cut anywhere.
    let bytes = fs::read(path).unwrap();
    let before = state(&net);
    for len in 0..bytes.len() {
        fs::write(scratch.at("cut"), &bytes[..len]).unwrap();
        net.load_parameters(scratch.at("cut")).unwrap_err();
    }
    assert_eq!(state(&net), before);
}

#[test]
fn nets_without_parameters_have_empty_files() {
    let scratch = Scratch::new();
    let path = scratch.at("e.params");
    Sequential::new().save_parameters(&path).unwrap();
    let mut bytes = [0; 32];
    bytes[..2].copy_from_slice(&[0x12, 0x01]);
    assert_eq!(fs::read(&path).unwrap(), bytes);
    assert!(Sequential::new().load_parameters(&path).unwrap().loaded.is_empty());
    assert_eq!(misfits(&mut Mlp::new(), &path, &Load::new()).len(), 4);
}
