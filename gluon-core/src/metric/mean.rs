//! Mean: the running mean of a loss or any other number.

use super::display_value;
use crate::dtype::DType;
use crate::tensor::Tensor;

/// The mean of all elements of the tensors it has seen, such as the loss of each sample.
///
/// Every element counts the same, so a smaller last batch weighs less. Prints the mean with four
/// digits, or as many as the format asks for.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Tensor, metric::Mean};
///
/// let mut loss = Mean::new();
/// loss.update(&Tensor::from([1.0f32, 2.0]));
/// loss.update(&Tensor::from([6.0f32]));
/// assert_eq!(loss.value(), 3.0);
/// assert_eq!(loss.to_string(), "3.0000");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mean {
    sum: f64,
    count: u64,
}

impl Mean {
    /// The mean of nothing yet.
    pub fn new() -> Mean {
        Mean::default()
    }

    /// Takes in every element of `values`, of any shape and type.
    pub fn update(&mut self, values: &Tensor) {
        let values = values.to_dtype(DType::F64).to_contiguous();
        self.sum += values.as_contiguous::<f64>().unwrap_or_default().iter().sum::<f64>();
        self.count += values.size() as u64;
    }

    /// The mean so far; NaN of nothing.
    pub fn value(&self) -> f64 {
        self.sum / self.count as f64
    }

    /// The number of elements so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Begins anew.
    pub fn reset(&mut self) {
        *self = Mean::new();
    }
}

display_value! { Mean }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_counts_the_same() {
        let mut mean = Mean::new();
        assert!(mean.value().is_nan());
        mean.update(&Tensor::from([[1i32, 2], [3, 4]]));
        mean.update(&Tensor::from(10.0f32));
        assert_eq!((mean.value(), mean.count()), (4.0, 5));
        assert_eq!(format!("{mean:.1}"), "4.0");
        mean.reset();
        assert_eq!(mean, Mean::new());
    }
}
