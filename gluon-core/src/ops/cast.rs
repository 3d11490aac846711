//! Conversion of floats with a gradient.

use crate::autograd::record_op;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::tensor::Tensor;

impl Tensor {
    /// The elements converted to the float type `dtype`; the gradient is converted back.
    ///
    /// # Errors
    /// [`Error::BadDType`] unless both types are `float32` or `float64`;
    /// [`to_dtype`](Tensor::to_dtype) converts the others, without a gradient.
    pub fn cast(&self, dtype: DType) -> Result<Tensor> {
        let op = "cast";
        for found in [self.dtype(), dtype] {
            if !found.computes() {
                return Err(Error::only_floats(op, found));
            }
        }
        let from = self.dtype();
        record_op(op, [self], self.to_dtype(dtype), |_| {
            move |dy, gradients| gradients.add(0, dy.to_dtype(from))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_of_other_types_hear_of_the_conversion_that_keeps_gradients() {
        let text = |y: Tensor| Tensor::from(vec![1.0f32]).add(&y).unwrap_err().to_string();
        let advice = "convert one with `cast`, or without a gradient with `to_dtype`";
        assert!(text(Tensor::from([1.0f64])).ends_with(advice));
        assert!(text(Tensor::from([1i32])).ends_with("convert one with `to_dtype`"));
    }
    use crate::autograd::record;

    #[test]
    fn the_gradient_comes_back_in_the_type_of_the_operand() {
        let mut x = Tensor::from([1.5f32, -2.0]);
        x.attach_grad();
        let y = record(|| x.cast(DType::F64)?.square()).unwrap();
        assert_eq!(y, Tensor::from([2.25f64, 4.0]));
        y.backward().unwrap();
        assert_eq!(x.grad().unwrap(), Tensor::from([3.0f32, -4.0]));
    }

    #[test]
    fn integers_have_no_gradient_to_convert() {
        let error = Tensor::from([1i32]).cast(DType::F32).unwrap_err().to_string();
        assert!(error.starts_with("`cast` expected float32 or float64, found int32"), "{error}");
    }
}
