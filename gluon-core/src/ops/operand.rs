//! Operands: what may stand on the right of an arithmetic operation.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// A tensor, or a number that takes the type of the tensor it meets.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no operand",
    label = "not a tensor or a number",
    note = "an operand is a `Tensor`, a reference to one, or a number: `f64`, `f32`, `i32`, `u32` or `u8`; a `Result` becomes a tensor by `?`, a `Parameter` by `.data()?`, another integer `n` a number by `n as f64`"
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

/// `number` as a scalar beside `x`.
///
/// # Errors
/// [`Error::BadArgument`] if the elements of `x` are integers, and their type does not have it.
pub(super) fn number_like(
    op: &'static str,
    argument: &'static str,
    number: f64,
    x: &Tensor,
) -> Result<Tensor> {
    let scalar = Tensor::scalar(number, x.dtype()).with_device(x.device());
    // The largest integers of 64 bits round to a number that their type does not have.
    let beyond = match x.dtype() {
        DType::I64 => i64::MAX as f64,
        DType::U64 => u64::MAX as f64,
        _ => f64::INFINITY,
    };
    if !x.dtype().is_float() && (scalar.item()? != number || number == beyond) {
        let expected = "a number that the type of the elements has";
        let found = format!("{number} for {}; convert with `to_dtype`", x.dtype());
        return Err(Error::BadArgument { op, argument, expected, found });
    }
    Ok(scalar)
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
