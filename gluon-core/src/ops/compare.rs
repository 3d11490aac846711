//! Comparisons, whose results are 0 or 1, and choices made by them.

use super::arithmetic::common_shape;
use super::integer;
use super::operand::{Operand, Value, number_like};
use crate::autograd::record_op;
use crate::buffer::for_float;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::zip::{self, Binary};
use crate::tensor::Tensor;

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident $op:ident)*) => {
        impl Tensor {
            $(
                $(#[$doc])*
                ///
                /// The result has the type of the operands, which may be any, and no gradient; shapes
                /// broadcast.
                ///
                /// # Errors
                /// [`Error::ShapeMismatch`] if the shapes do not broadcast, [`Error::DTypeMismatch`] if
                /// the types differ, [`Error::BadArgument`] if integers are compared with a number that their type
                /// does not have.
                pub fn $name(&self, rhs: impl Operand) -> Result<Tensor> {
                    compare(stringify!($name), Binary::$op, self, &rhs)
                }
            )*
        }
    };
}

comparisons! {
    /// 1 where the elements are equal, else 0.
    eq Eq
    /// 1 where the elements differ, else 0.
    ne Ne
    /// 1 where this element is less, else 0.
    lt Lt
    /// 1 where this element is not greater, else 0.
    le Le
    /// 1 where this element is greater, else 0.
    gt Gt
    /// 1 where this element is not less, else 0.
    ge Ge
}

fn compare(name: &'static str, op: Binary, x: &Tensor, rhs: &dyn Operand) -> Result<Tensor> {
    let number;
    let y = match rhs.value() {
        Value::Tensor(y) => y,
        Value::Number(value) => {
            number = number_like(name, "rhs", value, x)?;
            &number
        }
    };
    let shape = common_shape(name, x, y)?;
    // Small numbers are also numbers of `float32`, whose comparisons are faster.
    let found = x.dtype();
    if !found.computes() && (found.is_float() || found.size() <= 2) {
        let [x, y] = [x, y].map(|t| t.to_dtype(DType::F32));
        return Ok(compare(name, op, &x, &&y)?.to_dtype(found));
    }
    if !found.is_float() {
        return integer::binary(name, op, x, y, shape);
    }
    for_float!(x, name, T => {
        let (xs, ys) = (x.buffer::<T>(name)?, y.buffer::<T>(name)?);
        let (x_layout, y_layout) = (x.layout().broadcast(&shape), y.layout().broadcast(&shape));
        Ok(Tensor::build::<T>(shape, x.device(), |out| {
            zip::binary(op, (xs, &x_layout), (ys, &y_layout), out);
        }))
    })
}

impl Tensor {
    /// The elements of `yes` where this tensor, of any type, is not 0, else those of `no`; shapes
    /// broadcast.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Tensor;
    /// let x = Tensor::from([-1.0f32, 2.0]);
    /// let y = x.gt(0.0)?.choose(&x, &Tensor::zeros([2]))?;
    /// assert_eq!(y, Tensor::from([0.0f32, 2.0]));
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`add`](Tensor::add).
    pub fn choose(&self, yes: &Tensor, no: &Tensor) -> Result<Tensor> {
        let op = "choose";
        let shape = common_shape(op, yes, no)?;
        let unlike = || Error::ShapeMismatch { op, lhs: shape, rhs: *self.shape() };
        let wide = shape.broadcast(self.shape()).ok_or_else(unlike)?;
        // By way of `bool`: a small number of another type could become 0.
        let condition = match self.dtype() == yes.dtype() {
            true => self.detach(),
            false => self.to_dtype(DType::Bool).to_dtype(yes.dtype()),
        };
        let [condition, a, b] = [&condition, yes, no]
            .map(|t| t.with_layout(t.layout().broadcast(&wide)).to_contiguous());
        if !yes.dtype().is_float() {
            return Ok(integer::choose(&condition, &a, &b));
        }
        for_float!(condition, op, T => {
            let [c, a, b] = Tensor::slices::<T, _>([&condition, &a, &b]);
            let y = Tensor::build::<T>(wide, self.device(), |y| zip::select(c, a, b, y));
            record_op(op, [yes, no], y, |_| {
                let (like, condition) = ([yes.detach(), no.detach()], condition.clone());
                move |dy, gradients| {
                    let zero = dy.zeros_like();
                    let (yes, no) = (condition.choose(dy, &zero)?, condition.choose(&zero, dy)?);
                    gradients.add_reduced(0, yes, like[0].shape())?;
                    gradients.add_reduced(1, no, like[1].shape())
                }
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::check;

    #[test]
    fn comparisons_broadcast_and_give_zero_or_one() {
        let x = Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]);
        let y = Tensor::from([2.0f32, 3.0]);
        assert_eq!(x.gt(&y).unwrap(), Tensor::from([[0.0f32, 0.0], [1.0, 1.0]]));
        assert_eq!(x.le(2.0).unwrap(), Tensor::from([[1.0f32, 1.0], [0.0, 0.0]]));
        assert_eq!(x.ne(3.0).unwrap(), Tensor::from([[1.0f32, 1.0], [0.0, 1.0]]));
        assert!(x.eq(Tensor::zeros([3])).is_err());
    }

    #[test]
    fn elements_of_every_type_compare_exactly() {
        let large = (1i64 << 60) + 1;
        let x = Tensor::from([[large, -3], [large - 1, 7]]);
        let y = Tensor::from([large, -3]);
        assert_eq!(x.eq(&y).unwrap(), Tensor::from([[1i64, 1], [0, 0]]));
        assert_eq!(x.ne(&y).unwrap(), Tensor::from([[0i64, 0], [1, 1]]));
        assert_eq!(x.lt(&y).unwrap(), Tensor::from([[0i64, 0], [1, 0]]));
        assert_eq!(x.le(&y).unwrap(), Tensor::from([[1i64, 1], [1, 0]]));
        assert_eq!(x.ge(7.0).unwrap(), Tensor::from([[1i64, 0], [1, 1]]));
        let text = x.gt(0.5).unwrap_err().to_string();
        let expected = "`gt` expected `rhs` to be a number that the type of the elements has, \
                        found 0.5 for int64; convert with `to_dtype`";
        assert_eq!(text, expected);
        let bytes = Tensor::from([255u8, 0]);
        assert!(bytes.lt(300.0).is_err() && bytes.gt(-1.0).is_err() && bytes.le(255.0).is_ok());
        let (signed, unsigned) = (2f64.powi(63), 2f64.powi(64));
        assert!(x.lt(signed).is_err() && x.ge(-signed).is_ok());
        assert!(Tensor::from([u64::MAX]).eq(unsigned).is_err());
        let most = Tensor::from([u64::MAX, 1]);
        assert_eq!(most.gt(signed).unwrap(), Tensor::from([1u64, 0]));
        assert_eq!(most.gt(Tensor::from([u64::MAX - 1, 1])).unwrap(), Tensor::from([1u64, 0]));
        let short = Tensor::from([i16::MIN, i16::MIN + 1, i16::MAX]);
        assert_eq!(short.lt(-32767.0).unwrap(), Tensor::from([1i16, 0, 0]));
        assert!(short.le(32768.0).is_err() && Tensor::from([65535u16]).ge(65535.0).is_ok());
        let flags = Tensor::from([true, false]);
        assert_eq!(flags.ne(Tensor::from([true, true])).unwrap(), Tensor::from([false, true]));
        let half = Tensor::from([0.5f32, 2.0]).to_dtype(DType::F16);
        assert_eq!(half.le(0.75).unwrap().to_dtype(DType::F32), Tensor::from([1.0f32, 0.0]));
        let [yes, no] = [Tensor::from([1.0f32, 2.0]), Tensor::zeros([2])];
        for condition in [&flags, &Tensor::from([3i8, 0]), &Tensor::from([1e-300, 0.0])] {
            assert_eq!(condition.choose(&yes, &no).unwrap(), Tensor::from([1.0f32, 0.0]));
        }
    }

    #[test]
    fn the_gradient_of_a_choice_goes_where_it_came_from() {
        let condition = Tensor::from([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]);
        let inputs = [Tensor::from([0.3, 1.2, -0.7]), Tensor::from([[0.4], [2.0]])];
        let error = check::gradients(|v| condition.choose(&v[0], &v[1]), &inputs, 1e-5).unwrap();
        assert!(error < 1e-9, "{error}");
    }
}
