//! `gluon convert`.

use expect_test::expect;
use gluon_core::{Tensor, persist};

use super::{check, files, gluon, weight};

#[test]
fn convert_keeps_values_and_ties() {
    let files = files();
    let at = |name: &str| files.path().join(name);
    for other in ["net.safetensors", "net.npz", "net.params", "again.gluon"] {
        let output = gluon(&files, &["convert", "net.gluon", other]);
        assert!(output.status.success(), "{other}: {output:?}");
        let difference = gluon(&files, &["diff", "net.gluon", other]);
        assert!(difference.status.success(), "{other}: {difference:?}");
    }
    for tied in ["net.safetensors", "again.gluon"] {
        let archive = persist::Archive::open(at(tied)).unwrap();
        let item = archive.items().find(|item| item.name() == Some("tied.weight")).unwrap();
        assert_eq!(item.alias_of().unwrap().name(), Some("fc.weight"), "{tied}");
    }
}

#[test]
fn convert_renames_and_changes_types_of_floats() {
    let files = files();
    let arguments = ["--rename", r"^fc\.=head.", "--rename", r"(\w+)\.weight=${1}.w"];
    let arguments = [&["convert"], &arguments[..], &["--dtype", "float16", "net.gluon", "o.npz"]];
    check(
        &files,
        &arguments.concat(),
        expect![[r#"
        exit 0
        o.npz: npz, 3 arrays
    "#]],
    );
    let arrays = persist::load(files.path().join("o.npz")).unwrap().into_dict().unwrap();
    let types: Vec<_> = arrays.iter().map(|(name, x)| (name.as_str(), x.dtype().name())).collect();
    assert_eq!(types, [("head.w", "float16"), ("tied.w", "float16"), ("head.bias", "int64")]);
    assert_eq!(arrays[0].1.to_dtype(gluon_core::DType::F32), weight());
}

#[test]
fn convert_tells_what_became_infinite() {
    let directory = tempfile::tempdir().unwrap();
    let large = Tensor::from([1e6f32, f32::INFINITY, 1.0]);
    persist::save(directory.path().join("large.params"), [("x", &large)]).unwrap();
    check(
        &directory,
        &["convert", "--dtype", "float16", "large.params", "small.npz"],
        expect![[r#"
            exit 0
            note: 1 element too large for float16 became infinite
            small.npz: npz, 1 array
        "#]],
    );
}

#[test]
fn convert_refuses_what_would_lose_something() {
    let files = files();
    check(
        &files,
        &["convert", "net.gluon", "list.params"],
        expect![[r#"
        exit 2
        error: `list.params` exists; --force replaces it
    "#]],
    );
    check(
        &files,
        &["convert", "--rename", "fc|tied=x", "net.gluon", "o.npz"],
        expect![[r#"
        exit 2
        error: `fc.weight` and `tied.weight` would both be `x.weight`
    "#]],
    );
    check(
        &files,
        &["convert", "--rename", "a=b", "list.params", "o.npz"],
        expect![[r#"
        exit 2
        error: `list.params` is a list: its arrays have no names to change
    "#]],
    );
    check(
        &files,
        &["convert", "list.params", "o.safetensors"],
        expect![[r#"
        exit 2
        error: a safetensors file expected arrays with names, found 2 without
    "#]],
    );
    assert!(!files.path().join("o.npz").exists());
}
