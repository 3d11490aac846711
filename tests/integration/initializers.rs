//! Initializers: exact values, or the same distribution as MXNet's.

use std::sync::Arc;

use gluon::init::{
    Constant, Distribution, Factor, Initializer, Normal, One, Uniform, Xavier, Zero,
};
use gluon::prelude::*;
use serde_json::Value;

use crate::golden::{self, assert_close, text};

/// Cases of initializers that do not exist here.
const MISSING: [&str; 14] = [
    "msraprelu_avg",
    "msraprelu_in",
    "msraprelu_out",
    "bilinear_even",
    "bilinear_odd",
    "bilinear_rect",
    "bilinear_multi",
    "lstmbias",
    "orthogonal_uniform_6x10",
    "orthogonal_uniform_10x6",
    "orthogonal_uniform_4x3x2",
    "orthogonal_normal_6x10",
    "orthogonal_normal_10x6",
    "orthogonal_normal_4x3x2",
];

/// The initializer that MXNet writes as `["name", {arguments}]`, if there is such a one here.
fn initializer(dumps: &str) -> Option<Arc<dyn Initializer>> {
    let dumps: Value = serde_json::from_str(dumps).unwrap();
    let (name, kwargs) = (text(&dumps[0]), &dumps[1]);
    let number = |key: &str| kwargs[key].as_f64().unwrap();
    Some(match name {
        "zero" => Arc::new(Zero),
        "one" => Arc::new(One),
        "constant" => Arc::new(Constant(number("value"))),
        "uniform" => Arc::new(Uniform(number("scale"))),
        "normal" => Arc::new(Normal(number("sigma"))),
        "xavier" => Arc::new(Xavier {
            distribution: match text(&kwargs["rnd_type"]) {
                "uniform" => Distribution::Uniform,
                "gaussian" => Distribution::Gaussian,
                other => panic!("{other}"),
            },
            factor: match text(&kwargs["factor_type"]) {
                "avg" => Factor::Avg,
                "in" => Factor::In,
                "out" => Factor::Out,
                other => panic!("{other}"),
            },
            magnitude: number("magnitude"),
        }),
        _ => return None,
    })
}

#[test]
fn values_are_those_of_mxnet_or_of_its_distributions() {
    let golden = golden::open("initializers.json");
    let mut tested = Vec::new();
    for case in golden["cases"].as_array().unwrap() {
        let Some(init) = initializer(text(&case["dumps"])) else { continue };
        let id = text(&case["id"]);
        tested.push(id);
        let shape: Vec<usize> = serde_json::from_value(case["shape"].clone()).unwrap();
        let parameter = Parameter::new(Shape::new(&shape));
        parameter.initialize(&init, 0, false).unwrap();
        let data = parameter.data().unwrap();
        if case["values"].is_object() {
            assert_close(id, &data, &case["values"], golden::ROUNDED);
        } else {
            assert_same_distribution(id, &data.to_vec::<f32>().unwrap(), case);
        }
    }
    golden::assert_complete(&golden["cases"], &tested, &MISSING);
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
