//! Arithmetic of two operands, with broadcasting.

use std::ops;

use super::integer;
use super::map::unary;
use super::operand::{Operand, Value, number_like};
use crate::autograd::record_op;
use crate::buffer::for_float;
use crate::error::{Error, Result};
use crate::kernel::map::Unary;
use crate::kernel::zip::{self, Binary, Side};
use crate::shape::Shape;
use crate::tensor::Tensor;

impl Tensor {
    /// `self + rhs`, element by element; shapes broadcast by NumPy's rule.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] if the shapes do not broadcast, [`Error::DTypeMismatch`] if the
    /// types differ; a number takes the tensor's type. Of [integers](crate::DType#integers)
    /// [`Error::BadDType`] if their type does not have a result, [`Error::BadArgument`] if it does not
    /// have a number.
    pub fn add(&self, rhs: impl Operand) -> Result<Tensor> {
        binary("add", Binary::Add, self, &rhs)
    }

    /// `self - rhs`, as [`add`](Tensor::add).
    ///
    /// # Errors
    /// As for [`add`](Tensor::add).
    pub fn sub(&self, rhs: impl Operand) -> Result<Tensor> {
        binary("sub", Binary::Sub, self, &rhs)
    }

    /// `self · rhs` element by element, as [`add`](Tensor::add).
    ///
    /// # Errors
    /// As for [`add`](Tensor::add).
    pub fn mul(&self, rhs: impl Operand) -> Result<Tensor> {
        binary("mul", Binary::Mul, self, &rhs)
    }

    /// `self / rhs`, as [`add`](Tensor::add).
    ///
    /// # Errors
    /// As for [`add`](Tensor::add), and [`Error::BadDType`] unless the elements are floats.
    pub fn div(&self, rhs: impl Operand) -> Result<Tensor> {
        binary("div", Binary::Div, self, &rhs)
    }

    /// `self` to the power `rhs`, as [`add`](Tensor::add).
    ///
    /// # Errors
    /// As for [`add`](Tensor::add), and [`Error::BadDType`] if the elements are integers, unless `rhs` is
    /// a whole number that is not negative.
    #[doc(alias = "powf", alias = "powi")]
    pub fn pow(&self, rhs: impl Operand) -> Result<Tensor> {
        binary("pow", Binary::Pow, self, &rhs)
    }

    /// The larger of each pair, as [`add`](Tensor::add). NaN wins, and the gradient goes to both then;
    /// of equals it goes to `self`.
    ///
    /// # Errors
    /// As for [`add`](Tensor::add).
    pub fn maximum(&self, rhs: impl Operand) -> Result<Tensor> {
        binary("maximum", Binary::Max, self, &rhs)
    }

    /// The smaller of each pair, as [`maximum`](Tensor::maximum).
    ///
    /// # Errors
    /// As for [`add`](Tensor::add).
    pub fn minimum(&self, rhs: impl Operand) -> Result<Tensor> {
        binary("minimum", Binary::Min, self, &rhs)
    }
}

fn binary(name: &'static str, op: Binary, x: &Tensor, rhs: &dyn Operand) -> Result<Tensor> {
    match rhs.value() {
        Value::Tensor(y) => tensors(name, op, x, y),
        // A power of one exponent is a function of one operand, and faster.
        Value::Number(number) if op == Binary::Pow => {
            let whole = number.abs() <= 16.0 && number.fract() == 0.0;
            let op = match number {
                2.0 => Unary::Square,
                _ if whole => Unary::Powi(number as i32),
                _ => Unary::Powf(number),
            };
            unary(name, op, x)
        }
        Value::Number(number) => tensors(name, op, x, &number_like(name, "rhs", number, x)?),
    }
}

/// The shape of the result of `op` on `x` and `y`, which must be of the same type.
pub(super) fn common_shape(op: &'static str, x: &Tensor, y: &Tensor) -> Result<Shape> {
    let (lhs, rhs) = (x.dtype(), y.dtype());
    if lhs != rhs {
        return Err(Error::DTypeMismatch { op, lhs, rhs });
    }
    let (lhs, rhs) = (x.shape(), y.shape());
    match lhs.broadcast(rhs) {
        Some(shape) => Ok(shape),
        None => Err(Error::ShapeMismatch { op, lhs: *lhs, rhs: *rhs }),
    }
}

fn tensors(name: &'static str, op: Binary, x: &Tensor, y: &Tensor) -> Result<Tensor> {
    let shape = common_shape(name, x, y)?;
    if !x.dtype().is_float() {
        return integer::binary(name, op, x, y, shape);
    }
    for_float!(x, name, T => {
        let (xs, ys) = (x.buffer::<T>(name)?, y.buffer::<T>(name)?);
        let layouts = (x.layout().broadcast(&shape), y.layout().broadcast(&shape));
        let z = Tensor::build::<T>(shape, x.device(), |z| {
            zip::binary(op, (xs, &layouts.0), (ys, &layouts.1), z);
        });
        record_op(name, [x, y], z, |_| {
            let (x, y) = (x.detach(), y.detach());
            move |dz, gradients| {
                let shape = *dz.shape();
                for (input, side) in [(0, Side::Left), (1, Side::Right)] {
                    let own = [&x, &y][input];
                    if !gradients.wants(input) {
                        continue;
                    }
                    if op == Binary::Add || (op, side) == (Binary::Sub, Side::Left) {
                        gradients.add_reduced(input, dz.clone(), own.shape())?;
                        continue;
                    }
                    let dz = dz.as_contiguous::<T>().unwrap_or_default();
                    let (xs, ys) = (x.buffer::<T>(name)?, y.buffer::<T>(name)?);
                    let layouts = (x.layout().broadcast(&shape), y.layout().broadcast(&shape));
                    let write = |own: &mut [T], accumulate| {
                        let (x, y) = ((xs, &layouts.0), (ys, &layouts.1));
                        zip::binary_grad(op, side, x, y, dz, own, accumulate);
                    };
                    if *own.shape() == shape {
                        gradients.write::<T>(input, own, write)?;
                    } else {
                        let wide =
                            Tensor::build::<T>(shape, own.device(), |wide| write(wide, false));
                        gradients.add_reduced(input, wide, own.shape())?;
                    }
                }
                Ok(())
            }
        })
    })
}

macro_rules! operator {
    ($($trait:ident $method:ident)*) => {$(
        /// The method of the same name.
        ///
        /// # Panics
        /// **If the method returns an error**, with its text.
        impl<R: Operand> ops::$trait<R> for &Tensor {
            type Output = Tensor;

            #[track_caller]
            fn $method(self, rhs: R) -> Tensor {
                match Tensor::$method(self, rhs) {
                    Ok(result) => result,
                    // In a closure the panic would not name the caller's line.
                    Err(error) => panic!("{error}"),
                }
            }
        }

        impl<R: Operand> ops::$trait<R> for Tensor {
            type Output = Tensor;

            #[track_caller]
            fn $method(self, rhs: R) -> Tensor {
                ops::$trait::$method(&self, rhs)
            }
        }

        impl ops::$trait<&Tensor> for f64 {
            type Output = Tensor;

            #[track_caller]
            fn $method(self, rhs: &Tensor) -> Tensor {
                match number_like(stringify!($method), "lhs", self, rhs) {
                    Ok(lhs) => ops::$trait::$method(&lhs, rhs),
                    Err(error) => panic!("{error}"),
                }
            }
        }

        impl ops::$trait<Tensor> for f64 {
            type Output = Tensor;

            #[track_caller]
            fn $method(self, rhs: Tensor) -> Tensor {
                ops::$trait::$method(self, &rhs)
            }
        }
    )*};
}

operator!(Add add Sub sub Mul mul Div div);

impl ops::Neg for &Tensor {
    type Output = Tensor;

    #[track_caller]
    fn neg(self) -> Tensor {
        match Tensor::neg(self) {
            Ok(result) => result,
            Err(error) => panic!("{error}"),
        }
    }
}

impl ops::Neg for Tensor {
    type Output = Tensor;

    #[track_caller]
    fn neg(self) -> Tensor {
        -&self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::{check, record};

    #[test]
    fn shapes_broadcast_and_numbers_take_the_type() {
        let x = Tensor::from([[1.0f32, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        let row = Tensor::from([10.0f32, 20.0, 30.0]);
        let column = Tensor::from([[1.0f32], [2.0]]);
        assert_eq!(&x + &row, Tensor::from([[11.0f32, 22.0, 33.0], [14.0, 25.0, 36.0]]));
        assert_eq!(&row - &column, Tensor::from([[9.0f32, 19.0, 29.0], [8.0, 18.0, 28.0]]));
        assert_eq!(&x * 2.0, Tensor::from([[2.0f32, 4.0, 6.0], [8.0, 10.0, 12.0]]));
        assert_eq!(6.0 / &column, Tensor::from([[6.0f32], [3.0]]));
        assert_eq!(row.pow(2.0).unwrap(), Tensor::from([100.0f32, 400.0, 900.0]));
        assert_eq!(x.maximum(3.5).unwrap(), Tensor::from([[3.5f32, 3.5, 3.5], [4.0, 5.0, 6.0]]));
        assert_eq!(x.minimum(3.5).unwrap(), Tensor::from([[1.0f32, 2.0, 3.0], [3.5, 3.5, 3.5]]));
    }

    #[test]
    fn operands_that_do_not_fit_are_named() {
        let (a, b) = (Tensor::zeros([2, 3]), Tensor::zeros([2]));
        let error = a.add(&b).unwrap_err().to_string();
        assert_eq!(error, "`add` cannot combine shapes (2, 3) and (2,)");
        let error = a.mul(Tensor::from([1.0f64; 3])).unwrap_err().to_string();
        assert!(error.contains("expected both operands to be float32, found float64"), "{error}");
        let error = Tensor::from([1i32]).div(1.0).unwrap_err().to_string();
        assert!(error.contains("expected float32 or float64, found int32"), "{error}");
    }

    #[test]
    fn gradients_match_difference_quotients_under_broadcasting() {
        let x = Tensor::from([[1.3, 2.1, -0.4], [0.7, -1.2, 3.0]]);
        let operands = [
            Tensor::from([[0.6, 1.9, 2.2], [1.1, -0.3, 0.8]]),
            Tensor::from([0.9, 1.4, 2.5]),
            Tensor::from([[1.7], [0.8]]),
            Tensor::from(0.65),
        ];
        type Op = fn(&Tensor, &Tensor) -> Result<Tensor>;
        let ops: [(&str, Op); 6] = [
            ("add", |a, b| a.add(b)),
            ("sub", |a, b| a.sub(b)),
            ("mul", |a, b| a.mul(b)),
            ("div", |a, b| a.div(b)),
            ("maximum", |a, b| a.maximum(b)),
            ("minimum", |a, b| a.minimum(b)),
        ];
        for (name, op) in ops {
            for y in &operands {
                for pair in [[x.clone(), y.clone()], [y.clone(), x.clone()]] {
                    let error = check::gradients(|v| op(&v[0], &v[1]), &pair, 1e-5).unwrap();
                    assert!(error < 1e-8, "{name} of {x:?} and {y:?}: {error}");
                }
            }
        }
        let base = x.abs().unwrap();
        let error = check::gradients(|v| v[0].pow(&v[1]), &[base, operands[1].clone()], 1e-5);
        assert!(error.unwrap() < 1e-8);
        for exponent in [3.0, -2.0, 0.5, 1.7] {
            let base = x.abs().unwrap();
            let error = check::gradients(|v| v[0].pow(exponent), &[base], 1e-5).unwrap();
            assert!(error < 1e-7, "power {exponent}: {error}");
        }
        // The power 0 is 1, and flat, everywhere.
        let (mut base, zeros) = (Tensor::from([0.0, 2.0]), Tensor::from([0.0, 0.0]));
        base.attach_grad();
        for power in [base.pow(0.0), base.pow(&zeros), base.pow(Tensor::from(0.0))] {
            assert_eq!(power.unwrap(), Tensor::from([1.0, 1.0]));
        }
        for power in [|x: &Tensor, _: &Tensor| x.pow(0.0), |x: &Tensor, y: &Tensor| x.pow(y)] {
            record(|| power(&base, &zeros)).unwrap().backward().unwrap();
            assert_eq!(base.grad().unwrap(), zeros);
        }
    }

    #[test]
    fn an_operand_used_twice_gets_both_gradients() {
        let x = Tensor::from([0.5, -2.0]);
        let error = check::gradients(|v| v[0].mul(&v[0])?.add(&v[0]), &[x], 1e-5).unwrap();
        assert!(error < 1e-9, "{error}");
    }
}
