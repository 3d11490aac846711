//! Operands: what may stand on the right of an arithmetic operation.

use crate::tensor::Tensor;

/// A tensor, or a number that takes the type of the tensor it meets.
pub trait Operand {
    #[doc(hidden)]
    fn value(&self) -> Value<'_>;
}

/// What an operand is.
#[doc(hidden)]
#[derive(Debug)]
pub enum Value<'o> {
    Tensor(&'o Tensor),
    Number(f64),
}

impl Operand for Tensor {
    fn value(&self) -> Value<'_> {
        Value::Tensor(self)
    }
}

impl Operand for &Tensor {
    fn value(&self) -> Value<'_> {
        Value::Tensor(self)
    }
}

macro_rules! number {
    ($($ty:ty)*) => {$(
        impl Operand for $ty {
            fn value(&self) -> Value<'_> {
                Value::Number(f64::from(*self))
            }
        }
    )*};
}

number!(f64 f32 i32 u32 u8);
