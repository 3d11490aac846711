//! `gluon diff`.

use expect_test::expect;
use gluon_core::{Tensor, persist};

use super::{check, files, gluon, weight};

#[test]
fn diff_shows_how_files_differ() {
    let files = files();
    let at = |name: &str| files.path().join(name);
    let close = Tensor::from([[1.0f32, -2.0, 0.0], [0.5, 4.0, 8.001]]);
    let bias = Tensor::from([3i64, 5]);
    let arrays = [("fc.weight", &close), ("new", &close), ("fc.bias", &bias)];
    persist::save(at("other.gluon"), arrays).unwrap();
    check(
        &files,
        &["diff", "net.gluon", "other.gluon"],
        expect![[r#"
            exit 1
            NAME         DIFFERENCE
            fc.weight    1 of 6 elements, by 1.000e-3 at most, at 5
            tied.weight  only in the first file
            fc.bias      1 of 2 elements, by 1.0000 at most, at 1
            new          only in the second file

            0 arrays equal, 4 differences
        "#]],
    );
    check(
        &files,
        &["diff", "net.gluon", "list.params"],
        expect![[r#"
        exit 1
        NAME         DIFFERENCE
        fc.weight    only in the first file
        tied.weight  only in the first file
        fc.bias      only in the first file
        0            only in the second file
        1            only in the second file

        0 arrays equal, 5 differences
    "#]],
    );

    let one = |x: &Tensor| persist::save(at("x.params"), [("x", x)]).unwrap();
    one(&close);
    persist::save(at("y.params"), [("x", &weight())]).unwrap();
    for (tolerance, code) in [("0.002", 0), ("0.0001", 1)] {
        let output = gluon(&files, &["diff", "--atol", tolerance, "x.params", "y.params"]);
        assert_eq!(output.status.code(), Some(code), "{tolerance}");
    }
}

#[test]
fn nothing_is_near_what_is_infinite_or_no_number() {
    let directory = tempfile::tempdir().unwrap();
    let numbers = [1.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
    let names = ["one.npz", "inf.npz", "minus.npz", "nan.npz"];
    for (name, x) in names.iter().zip(numbers) {
        persist::save(directory.path().join(name), [("x", &Tensor::from([x]))]).unwrap();
    }
    for a in names {
        for b in names {
            let code = gluon(&directory, &["diff", "--rtol", "0.1", a, b]).status.code();
            assert_eq!(code, Some(i32::from(a != b)), "{a} {b}");
        }
    }
}

/// `f64` cannot tell these two apart.
#[test]
fn diff_compares_large_integers_exactly() {
    let directory = tempfile::tempdir().unwrap();
    for (name, x) in [("a.npz", 1i64 << 53), ("b.npz", (1 << 53) + 1)] {
        persist::save(directory.path().join(name), [("x", &Tensor::from([x]))]).unwrap();
    }
    assert_eq!(gluon(&directory, &["diff", "a.npz", "b.npz"]).status.code(), Some(1));
    assert_eq!(gluon(&directory, &["diff", "a.npz", "a.npz"]).status.code(), Some(0));
}

#[test]
fn diff_shows_shapes_and_types_as_inspect_does() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let arrays = |x: Tensor, y: Tensor| [("x", x), ("y", y)];
    persist::save(at("a.npz"), arrays(Tensor::ones([2, 3]), Tensor::from([1.0f32]))).unwrap();
    persist::save(at("b.npz"), arrays(Tensor::ones([6]), Tensor::from([1i64]))).unwrap();
    check(
        &directory,
        &["diff", "a.npz", "b.npz"],
        expect![[r#"
            exit 1
            NAME  DIFFERENCE
            x     shape (2, 3) and (6,)
            y     type float32 and int64

            0 arrays equal, 2 differences
        "#]],
    );
}
