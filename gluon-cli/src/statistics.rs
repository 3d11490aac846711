//! Statistics of the elements of an array.

use gluon_core::persist::Array;
use gluon_core::{DType, Tensor};
use serde::Serialize;

/// What the elements are like; the first four of finite elements alone, and no numbers if none is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Statistics {
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, the root of the mean squared distance from the mean.
    pub std: f64,
    /// How many are 0.
    pub zeros: usize,
    /// How many are infinite or no numbers.
    pub not_finite: usize,
}

impl Statistics {
    /// Of the elements of `array`; `None` if there are none.
    pub fn of(array: &Array) -> Option<Statistics> {
        let elements = elements(array);
        let finite = || elements.iter().copied().filter(|x| x.is_finite());
        if elements.is_empty() {
            return None;
        }
        let n = finite().count();
        let mean = finite().sum::<f64>() / n as f64;
        let variance = finite().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64;
        Some(Statistics {
            min: finite().fold(f64::NAN, f64::min),
            max: finite().fold(f64::NAN, f64::max),
            mean,
            std: variance.sqrt(),
            zeros: finite().filter(|x| *x == 0.0).count(),
            not_finite: elements.len() - n,
        })
    }
}

/// The elements as `f64`, which is exact but for large 64-bit integers.
pub fn elements(array: &Array) -> Vec<f64> {
    let tensor = Tensor::from(array).to_dtype(DType::F64);
    tensor.to_vec::<f64>().unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn elements_that_are_not_finite_are_counted_apart() {
        let tensor = Tensor::from([1.0f32, 0.0, f32::NAN, 5.0, f32::INFINITY]);
        let statistics = Statistics::of(&Array::from(&tensor)).unwrap();
        let Statistics { min, max, mean, std, zeros, not_finite } = statistics;
        assert_eq!((min, max, mean, zeros, not_finite), (0.0, 5.0, 2.0, 1, 2));
        assert!((std - (14.0f64 / 3.0).sqrt()).abs() < 1e-15);

        let none = Statistics::of(&Array::from(&Tensor::from([f64::NAN, f64::INFINITY]))).unwrap();
        let Statistics { min, max, mean, std, zeros, not_finite } = none;
        assert!([min, max, mean, std].into_iter().all(f64::is_nan));
        assert_eq!((zeros, not_finite), (0, 2));
        assert_eq!(Statistics::of(&Array::from(&Tensor::zeros([0]))), None);
    }
}
