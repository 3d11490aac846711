//! Initializers: exact values, or the same distribution as MXNet's.

use gluon::init::{self, Initialization};
use gluon::prelude::*;
use serde_json::Value;

use crate::golden::{self, assert_close, text};

#[test]
fn values_are_those_of_mxnet_or_of_its_distributions() {
    let golden = golden::open("initializers.json");
    for case in golden["cases"].as_array().unwrap() {
        let init = init::named(text(&case["dumps"])).unwrap();
        let id = text(&case["id"]);
        let shape: Vec<usize> = serde_json::from_value(case["shape"].clone()).unwrap();
        let parameter = Parameter::new(Shape::new(&shape));
        parameter.initialize(&Initialization::from(init)).unwrap();
        let data = parameter.data().unwrap();
        if id.starts_with("orthogonal") {
            assert_orthogonal(id, &data);
        } else if case["values"].is_object() {
            assert_close(id, &data, &case["values"], golden::ROUNDED);
        } else {
            assert_same_distribution(id, &data.to_vec::<f32>().unwrap(), case);
        }
    }
}

/// Asserts what the golden file expects of orthogonal matrices: that the Gram matrix of the smaller
/// side is the square of the scale times the identity.
fn assert_orthogonal(id: &str, data: &Tensor) {
    let matrix = data.flatten().unwrap();
    let (rows, columns) = (matrix.shape()[0], matrix.shape()[1]);
    let transposed = matrix.transpose().unwrap();
    let (a, b) = if rows <= columns { (&matrix, &transposed) } else { (&transposed, &matrix) };
    let gram = a.matmul(b).unwrap();
    let expected = Tensor::eye(rows.min(columns)).mul(1.414f64.powi(2)).unwrap();
    let worst = gram.sub(&expected).unwrap().abs().unwrap().max().unwrap().item().unwrap();
    assert!(worst < 1e-6, "{id}: {worst}");
}

/// Asserts that as many of `values` lie below each quantile of MXNet's as should: within five
/// standard errors of the difference between two samples.
fn assert_same_distribution(id: &str, values: &[f32], case: &Value) {
    let observed = &case["observed"];
    let n = values.len() as f64;
    assert_eq!(observed["n"].as_f64(), Some(n), "{id}");
    for (p, quantile) in observed["quantiles"].as_object().unwrap() {
        let (p, quantile) = (p.parse::<f64>().unwrap(), quantile.as_f64().unwrap());
        let below = values.iter().filter(|&&value| f64::from(value) < quantile).count() as f64 / n;
        let bound = 5.0 * (2.0 * p * (1.0 - p) / n).sqrt();
        assert!((below - p).abs() < bound, "{id}: {below} of the values are below quantile {p}");
    }
    let law = case["expect"]["law"].as_str().unwrap_or_default();
    if law.starts_with('U') {
        let bound = case["expect"]["s"].as_f64().unwrap();
        let largest = values.iter().fold(0f32, |largest, value| largest.max(value.abs()));
        assert!(f64::from(largest) <= bound && f64::from(largest) > 0.999 * bound, "{id}");
    }
}

#[test]
fn every_name_that_mxnet_has_is_known() {
    let golden = golden::open("initializers.json");
    for name in golden::texts(&golden["registry_names"]) {
        // `fusedrnn` fills a parameter that holds those of all layers, which there is not here.
        let known = init::named(name).is_ok() || name == "constant";
        assert_eq!(known, name != "fusedrnn", "{name}");
    }
}
