//! Operands: what may stand on the right of an arithmetic operation.

use crate::tensor::Tensor;

/// A tensor, or a number that takes the type of the tensor it meets.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no operand",
    label = "not a tensor or a number",
    note = "an operand is a `Tensor`, a reference to one, an `f64` or an `f32`; a `Result` becomes a tensor by `?`, a `Parameter` by `.data()?`, an integer `n` a number by `n as f64`"
)]
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
