//! The program as a user or a script meets it: output, exit codes, files.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod convert;
mod diff;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use expect_test::{Expect, expect};
use gluon_core::autograd::record;
use gluon_core::nn::Dense;
use gluon_core::optim::Adam;
use gluon_core::train::{Checkpoint, Trainer};
use gluon_core::{Block, Forward, Tensor, persist};
use tempfile::TempDir;

fn gluon(directory: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gluon"));
    command.current_dir(directory).args(arguments).output().unwrap()
}

/// The exit code, then what is written to both outputs.
fn check(directory: &TempDir, arguments: &[&str], expected: Expect) {
    let output = gluon(directory, arguments);
    let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    expected.assert_eq(&format!("exit {}\n{out}{err}", output.status.code().unwrap()));
}

fn weight() -> Tensor {
    Tensor::from([[1.0f32, -2.0, 0.0], [0.5, 4.0, 8.0]])
}

/// A file of two arrays of one storage and one of its own, and a list.
fn files() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let (weight, bias) = (weight(), Tensor::from([3i64, 4]));
    let arrays = [("fc.weight", &weight), ("tied.weight", &weight), ("fc.bias", &bias)];
    persist::save(directory.path().join("net.gluon"), arrays).unwrap();
    persist::save(directory.path().join("list.params"), [&weight, &bias]).unwrap();
    directory
}

#[test]
fn inspect_shows_arrays_ties_and_totals() {
    let files = files();
    check(
        &files,
        &["inspect", "net.gluon"],
        expect![[r#"
            exit 0
            net.gluon: gluon, 3 arrays (1 tied), 8 elements, 40 B

            NAME         SHAPE   DTYPE    BYTES
            fc.weight    (2, 3)  float32   24 B
            tied.weight  (2, 3)  float32   24 B  = fc.weight
            fc.bias      (2,)    int64     16 B
        "#]],
    );
    check(
        &files,
        &["inspect", "--stats", "list.params"],
        expect![[r#"
        exit 0
        list.params: MXNet .params, 2 arrays, 8 elements, 40 B

        NAME  SHAPE   DTYPE    BYTES      MIN     MAX    MEAN     STD  ZEROS  NOT FINITE
        0     (2, 3)  float32   24 B  -2.0000  8.0000  1.9167  3.2457      1           0
        1     (2,)    int64     16 B   3.0000  4.0000  3.5000  0.5000      0           0
    "#]],
    );
}

#[test]
fn inspect_writes_json() {
    let files = files();
    let output = gluon(&files, &["inspect", "--json", "--stats", "net.gluon"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["format"], "gluon");
    assert_eq!((json["elements"].as_u64(), json["bytes"].as_u64()), (Some(8), Some(40)));
    let [weight, tied, bias] = [0, 1, 2].map(|i| &json["arrays"][i]);
    assert_eq!((weight["tied_to"].as_str(), tied["tied_to"].as_str()), (None, Some("fc.weight")));
    assert_eq!(weight["statistics"]["min"], -2.0);
    assert_eq!((&bias["dtype"], &bias["shape"]), (&"int64".into(), &serde_json::json!([2])));
}

#[test]
fn inspect_shows_where_training_stands() {
    let directory = tempfile::tempdir().unwrap();
    let mut net = Dense::new(1).in_units(2);
    net.initialize().unwrap();
    let trainer = Trainer::new(net.collect_params(), Adam::new(0.01)).unwrap();
    let checkpoint = Checkpoint::new(&net).unwrap().with_trainer(&trainer).with_step(120);
    checkpoint.with_seed(42).save(directory.path().join("last.gluon")).unwrap();
    let output = gluon(&directory, &["inspect", "last.gluon"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("step 120, seed 42, Adam with learning rate 0.01"), "{text}");
    let left_out = gluon(&directory, &["convert", "last.gluon", "last.params"]).stdout;
    assert!(String::from_utf8(left_out).unwrap().contains("the state of training was left out"));
}

#[test]
fn verify_tells_whole_files_from_damaged_ones() {
    let files = files();
    let path = files.path().join("net.gluon");
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(files.path().join("bad.gluon"), bytes).unwrap();
    let odd = Tensor::from([1.0f32, f32::NAN]);
    persist::save(files.path().join("odd.npz"), [("x", &odd)]).unwrap();
    check(
        &files,
        &["verify", "net.gluon", "list.params", "bad.gluon", "odd.npz"],
        expect![[r#"
        exit 1
        whole    net.gluon: 3 arrays, checksums match
        whole    list.params: 2 arrays, structure is valid
        damaged  bad.gluon: `bad.gluon` is not a valid gluon file: expected array `fc.bias` as its checksum says, found other bytes at byte 192
        whole    odd.npz: 1 array, checksums match
                 note: 1 of 2 elements of `x` are not finite
    "#]],
    );
    check(
        &files,
        &["verify", "none.gluon", "net.gluon"],
        expect![[r#"
        exit 2
        whole    net.gluon: 3 arrays, checksums match
        error: cannot read `none.gluon`: No such file or directory (os error 2)
    "#]],
    );
    check(
        &files,
        &["verify", "none.gluon", "gone.npz"],
        expect![[r#"
        exit 2
        error: cannot read `none.gluon`: No such file or directory (os error 2)
        error: cannot read `gone.npz`: No such file or directory (os error 2)
    "#]],
    );
}

/// A pipe can be read once.
#[cfg(target_os = "linux")]
#[test]
fn a_pipe_is_a_file_too() {
    let files = files();
    let path = files.path().join("net.gluon");
    for arguments in [
        &["inspect", "/dev/stdin"][..],
        &["verify", "/dev/stdin"],
        &["convert", "/dev/stdin", "out.npz"],
        &["diff", "/dev/stdin", "net.gluon"],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gluon"));
        command.current_dir(&files).args(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(&fs::read(&path).unwrap()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
}

/// JSON has the names, text what a terminal can show.
#[test]
fn names_are_escaped_once_and_for_people_only() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let (x, y) = (Tensor::ones([1]), Tensor::zeros([1]));
    persist::save(at("a.gluon"), [("a\u{1b}'", &x), ("tied", &x)]).unwrap();
    persist::save(at("b.gluon"), [("a\u{1b}'", &y)]).unwrap();
    let json = |arguments: &[&str]| -> serde_json::Value {
        serde_json::from_slice(&gluon(&directory, arguments).stdout).unwrap()
    };
    let listing = json(&["inspect", "--json", "a.gluon"]);
    assert_eq!(listing["arrays"][0]["name"], "a\u{1b}'");
    assert_eq!(listing["arrays"][1]["tied_to"], "a\u{1b}'");
    assert_eq!(json(&["diff", "--json", "a.gluon", "b.gluon"])[0]["name"], "a\u{1b}'");
    check(
        &directory,
        &["inspect", "a.gluon"],
        expect![[r#"
            exit 0
            a.gluon: gluon, 2 arrays (1 tied), 1 element, 4 B

            NAME       SHAPE  DTYPE    BYTES
            a\u{1b}\'  (1,)   float32    4 B
            tied       (1,)   float32    4 B  = a\u{1b}\'
        "#]],
    );
    let text = String::from_utf8(gluon(&directory, &["diff", "a.gluon", "b.gluon"]).stdout);
    assert!(text.unwrap().contains(r"a\u{1b}\'  1 of 1 elements"));
}

#[cfg(unix)]
#[test]
fn a_path_need_not_be_text() {
    use std::os::unix::ffi::OsStrExt;

    let files = files();
    let path = std::ffi::OsStr::from_bytes(b"net\xff.gluon");
    fs::rename(files.path().join("net.gluon"), files.path().join(path)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gluon"));
    command.current_dir(&files).args(["inspect", "--json"]).arg(path);
    let json: serde_json::Value =
        serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    assert_eq!(json["path"], "net\u{fffd}.gluon");
}

#[test]
fn elements_that_are_not_finite_are_shown() {
    let directory = tempfile::tempdir().unwrap();
    let odd = Tensor::from([f32::NAN, f32::INFINITY]);
    let arrays = [("odd", &odd), ("none", &Tensor::zeros([0]))];
    persist::save(directory.path().join("odd.params"), arrays).unwrap();
    check(
        &directory,
        &["inspect", "--stats", "odd.params"],
        expect![[r#"
            exit 0
            odd.params: MXNet .params, 2 arrays, 2 elements, 8 B

            NAME  SHAPE  DTYPE    BYTES  MIN  MAX  MEAN  STD  ZEROS  NOT FINITE
            odd   (2,)   float32    8 B  NaN  NaN   NaN  NaN      0           2
            none  (0,)   float32    0 B    -    -     -    -      -           -
        "#]],
    );
    let output = gluon(&directory, &["inspect", "--stats", "--json", "odd.params"]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&output).unwrap();
    let statistics = &json["arrays"][0]["statistics"];
    assert_eq!((&statistics["not_finite"], statistics["min"].is_null()), (&2.into(), true));
}

#[test]
fn verify_reads_the_state_of_training_too() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.gluon");
    let mut net = Dense::new(1).in_units(2);
    net.initialize().unwrap();
    let mut trainer = Trainer::new(net.collect_params(), Adam::new(0.1)).unwrap();
    let loss = record(|| net.forward(&Tensor::ones([1, 2]))?.sum()).unwrap();
    loss.backward().unwrap();
    trainer.step(1).unwrap();
    Checkpoint::new(&net).unwrap().with_trainer(&trainer).save(&path).unwrap();
    assert_eq!(gluon(&directory, &["verify", "run.gluon"]).status.code(), Some(0));
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, bytes).unwrap();
    let output = gluon(&directory, &["verify", "run.gluon"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text.starts_with("damaged  run.gluon") && text.contains("`variance`"), "{text}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let directory = tempfile::tempdir().unwrap();
    let x = Tensor::ones([1]);
    let arrays: Vec<(String, Tensor)> = (0..20_000).map(|i| (format!("x{i}"), x.clone())).collect();
    persist::save(directory.path().join("many.params"), arrays).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gluon"));
    command.current_dir(&directory).args(["inspect", "many.params"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stderr, b"");
}

#[test]
fn help_teaches_each_command() {
    let directory = tempfile::tempdir().unwrap();
    for command in ["inspect", "verify", "convert", "diff"] {
        let help = gluon(&directory, &[command, "--help"]).stdout;
        assert!(String::from_utf8(help).unwrap().contains("Examples:"), "{command}");
    }
}

/// What MXNet wrote is read as the library reads it.
#[test]
fn files_of_mxnet_are_shown() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/mxnet");
    let directory = tempfile::tempdir().unwrap();
    let path = golden.join("mlp.params");
    let output = gluon(&directory, &["inspect", path.to_str().unwrap()]);
    assert!(String::from_utf8(output.stdout).unwrap().contains("hidden.weight"));
}
