//! Golden files: what MXNet 1.9.1 computed, and comparing with it.

use std::path::PathBuf;

use gluon::ParameterDict;
use gluon::autograd::record;
use gluon::prelude::*;
use serde_json::Value;

/// How far a number may be from MXNet's: `relative · |expected| + absolute`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tolerance {
    pub(crate) relative: f64,
    pub(crate) absolute: f64,
}

/// For what takes a few roundings of `float32` per element.
pub(crate) const ROUNDED: Tolerance = Tolerance { relative: 5e-7, absolute: 1e-7 };

/// For sums of products, which are added in another order here.
pub(crate) const SUMMED: Tolerance = Tolerance { relative: 2e-6, absolute: 3e-7 };

/// For weights after three steps with momentum: MXNet's are up to 5e-6 from exact arithmetic, which
/// a calculation in `float64` shows, and these may be as far on the other side.
pub(crate) const STEPPED: Tolerance = Tolerance { relative: 4e-6, absolute: 6e-7 };

/// For what contains a log-softmax: MXNet's is up to 4e-6 from exact arithmetic.
pub(crate) const SOFTMAX: Tolerance = Tolerance { relative: 1e-5, absolute: 2e-6 };

/// For weights after several steps, in which differences such as those add up.
pub(crate) const TRAINED: Tolerance = Tolerance { relative: 1e-4, absolute: 1e-5 };

/// The path of a golden file.
pub(crate) fn path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "data", "mxnet", name].iter().collect()
}

/// A golden file of values.
pub(crate) fn open(name: &str) -> Value {
    let text = std::fs::read_to_string(path(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The tensor that a golden file writes as shape, type and numbers.
pub(crate) fn tensor(value: &Value) -> Tensor {
    let shape: Vec<usize> = list(&value["shape"], |n| n.as_u64().unwrap() as usize);
    let numbers: Vec<f64> = list(&value["data"], |n| n.as_f64().unwrap());
    let dtype = match text(&value["dtype"]) {
        "float32" => DType::F32,
        "float64" => DType::F64,
        "int32" => DType::I32,
        other => panic!("no golden file held {other} before"),
    };
    Tensor::from_vec(numbers, Shape::new(&shape)).unwrap().to_dtype(dtype)
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

pub(crate) fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(text).collect()
}

fn list<'v, T>(value: &'v Value, item: impl Fn(&'v Value) -> T) -> Vec<T> {
    value.as_array().unwrap().iter().map(item).collect()
}

/// The case with the given id.
pub(crate) fn case<'v>(cases: &'v Value, id: &str) -> &'v Value {
    let mut found = cases.as_array().unwrap().iter().filter(|case| case["id"] == id);
    found.next().unwrap_or_else(|| panic!("no case `{id}`"))
}

/// Asserts that the cases tested are all there are.
#[track_caller]
pub(crate) fn assert_complete(cases: &Value, tested: &[&str]) {
    let mut ids: Vec<&str> =
        list(cases, |case| case["id"].as_str()).into_iter().flatten().collect();
    let mut tested = tested.to_vec();
    ids.sort_unstable();
    tested.sort_unstable();
    assert_eq!(tested, ids);
}

/// Asserts that `found` is the tensor of a golden file.
#[track_caller]
pub(crate) fn assert_close(what: &str, found: &Tensor, expected: &Value, tolerance: Tolerance) {
    let expected = tensor(expected);
    assert_eq!(found.shape(), expected.shape(), "{what}");
    assert_eq!(found.dtype(), expected.dtype(), "{what}");
    let numbers = |tensor: &Tensor| tensor.to_dtype(DType::F64).to_vec::<f64>().unwrap();
    for (i, (found, expected)) in numbers(found).iter().zip(numbers(&expected)).enumerate() {
        let error = (found - expected).abs();
        let allowed = tolerance.relative * expected.abs() + tolerance.absolute;
        // Written so that NaN fails.
        assert!(error <= allowed, "{what}, element {i}: expected {expected}, found {found}");
    }
}

/// Gives parameters the values that a golden file lists by structural name.
#[track_caller]
pub(crate) fn set(parameters: &ParameterDict, values: &Value) {
    for (path, value) in values.as_object().unwrap() {
        let entry = parameters.get(path).unwrap_or_else(|| panic!("no parameter `{path}`"));
        entry.set_data(&tensor(value)).unwrap();
    }
}

/// Asserts that parameters have the values, or whatever `get` takes of them, that a golden file
/// lists by structural name.
#[track_caller]
pub(crate) fn assert_each(
    what: &str,
    parameters: &ParameterDict,
    get: impl Fn(&Parameter) -> Result<Tensor>,
    expected: &Value,
    tolerance: Tolerance,
) {
    for (path, expected) in expected.as_object().unwrap() {
        let entry = parameters.get(path).unwrap_or_else(|| panic!("no parameter `{path}`"));
        assert_close(&format!("{what} of {path}"), &get(entry).unwrap(), expected, tolerance);
    }
}

/// Asserts that `net` makes `Y` of `X`, and of `head_grad` both `x_grad` and `gradients`.
#[track_caller]
pub(crate) fn assert_differentiates(
    net: &impl Layer,
    golden: &Value,
    gradients: &Value,
    tolerance: Tolerance,
) {
    let mut x = tensor(&golden["X"]);
    x.attach_grad();
    let y = record(|| net.forward(&x)).unwrap();
    assert_close("Y", &y, &golden["Y"], SUMMED);
    y.backward_with(&tensor(&golden["head_grad"]), false).unwrap();
    assert_close("gradient of X", &x.grad().unwrap(), &golden["x_grad"], tolerance);
    assert_each("gradient", &net.collect_params(), Parameter::grad, gradients, tolerance);
}
