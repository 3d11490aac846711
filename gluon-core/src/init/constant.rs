//! Initializers without chance.

use super::{Initializer, Target};
use crate::dtype::DType;
use crate::error::Result;
use crate::tensor::Tensor;

/// Every value 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Zero;

/// Every value 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct One;

/// Every value the same number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constant(
    /// The number.
    pub f64,
);

/// The values of a tensor that has the parameter's shape; Gluon's `Constant` of an array.
#[derive(Clone, Debug, PartialEq)]
pub struct Values(
    /// The tensor.
    pub Tensor,
);

impl Initializer for Values {
    fn fill(&self, target: &mut Target<'_>) -> Result<()> {
        if *self.0.shape() != target.shape {
            return Err(target.refuse(self, "the shape of the tensor"));
        }
        target.values.copy_from_slice(&self.0.to_dtype(DType::F64).to_vec::<f64>()?);
        Ok(())
    }
}

impl Initializer for Zero {
    fn fill(&self, target: &mut Target<'_>) -> Result<()> {
        Constant(0.0).fill(target)
    }
}

impl Initializer for One {
    fn fill(&self, target: &mut Target<'_>) -> Result<()> {
        Constant(1.0).fill(target)
    }
}

impl Initializer for Constant {
    fn fill(&self, target: &mut Target<'_>) -> Result<()> {
        target.values.fill(self.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::tests::draw;

    #[test]
    fn values_are_the_constant() {
        assert_eq!(draw(&Zero, [3]).unwrap(), [0.0; 3]);
        assert_eq!(draw(&One, [3]).unwrap(), [1.0; 3]);
        assert_eq!(draw(&Constant(2.5), [3]).unwrap(), [2.5; 3]);
    }

    #[test]
    fn values_are_those_of_a_tensor_of_the_shape() {
        let values = Values(Tensor::from([[1i32, 2], [3, 4]]));
        assert_eq!(draw(&values, [2, 2]).unwrap(), [1.0, 2.0, 3.0, 4.0]);
        let error = draw(&values, [4]).unwrap_err().to_string();
        assert!(
            error.ends_with("int32 @cpu(0)>), which expects the shape of the tensor"),
            "{error}"
        );
    }
}
