//! Comparisons, whose results are 0 or 1, and choices made by them.

use super::arithmetic::common_shape;
use super::operand::{Operand, Value};
use crate::autograd::record_op;
use crate::buffer::for_float;
use crate::error::{Error, Result};
use crate::kernel::zip::{self, Binary};
use crate::tensor::Tensor;

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident $op:ident)*) => {
        impl Tensor {
            $(
                $(#[$doc])*
                ///
                /// The result has the type of the operands and no gradient; shapes broadcast.
                ///
                /// # Errors
                /// As for [`add`](Tensor::add).
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
            number = Tensor::scalar(value, x.dtype());
            &number
        }
    };
    let shape = common_shape(name, x, y)?;
    for_float!(x, name, T => {
        let (xs, ys) = (x.buffer::<T>(name)?, y.buffer::<T>(name)?);
        let (x_layout, y_layout) = (x.layout().broadcast(&shape), y.layout().broadcast(&shape));
        Ok(Tensor::build::<T>(shape, x.device(), |out| {
            zip::binary(op, (xs, &x_layout), (ys, &y_layout), out);
        }))
    })
}

impl Tensor {
    /// The elements of `yes` where this tensor is not 0, else those of `no`; shapes broadcast.
    ///
    /// ```
    /// # use gluon_core::Tensor;
    /// let x = Tensor::from([-1.0f32, 2.0]);
    /// let y = x.gt(0.0)?.choose(&x, &Tensor::zeros([2]))?;
    /// assert_eq!(y, Tensor::from([0.0f32, 2.0]));
    /// # Ok::<(), gluon_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`add`](Tensor::add).
    pub fn choose(&self, yes: &Tensor, no: &Tensor) -> Result<Tensor> {
        let op = "choose";
        common_shape(op, self, yes)?;
        let shape = common_shape(op, yes, no)?;
        let unlike = || Error::ShapeMismatch { op, lhs: shape, rhs: *self.shape() };
        let wide = shape.broadcast(self.shape()).ok_or_else(unlike)?;
        let [condition, a, b] =
            [self, yes, no].map(|t| t.with_layout(t.layout().broadcast(&wide)).to_contiguous());
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
    fn the_gradient_of_a_choice_goes_where_it_came_from() {
        let condition = Tensor::from([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]);
        let inputs = [Tensor::from([0.3, 1.2, -0.7]), Tensor::from([[0.4], [2.0]])];
        let error = check::gradients(|v| condition.choose(&v[0], &v[1]), &inputs, 1e-5).unwrap();
        assert!(error < 1e-9, "{error}");
    }
}
