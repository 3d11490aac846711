//! Functions of one operand, element by element.

use super::integer;
use crate::autograd::record_op;
use crate::buffer::for_float;
use crate::error::Result;
use crate::kernel::map::{self, Unary};
use crate::tensor::Tensor;

/// `op` of each element.
pub(crate) fn unary(name: &'static str, op: Unary, x: &Tensor) -> Result<Tensor> {
    if !x.dtype().is_float() {
        return integer::unary(name, op, x);
    }
    for_float!(x, name, T => {
        let xs = x.buffer::<T>(name)?;
        let y = Tensor::build::<T>(*x.shape(), x.device(), |y| map::unary(op, xs, x.layout(), y));
        record_op(name, [x], y, |y| {
            let (x, y) = (x.to_contiguous(), y.detach());
            move |dy, gradients| {
                let [xs, ys, dy] = Tensor::slices::<T, _>([&x, &y, dy]);
                gradients.write::<T>(0, &x, |dx, accumulate| {
                    map::unary_grad(op, xs, ys, dy, dx, accumulate);
                })
            }
        })
    })
}

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $op:ident)*) => {
        impl Tensor {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// [`Error::BadDType`](crate::Error::BadDType) unless the elements are floats, or
                /// [integers](crate::DType#integers) that have the function and the result.
                pub fn $name(&self) -> Result<Tensor> {
                    unary(stringify!($name), Unary::$op, self)
                }
            )*
        }
    };
}

functions! {
    /// `-x` of each element.
    neg Neg
    /// `eˣ` of each element.
    exp Exp
    /// `eˣ - 1` of each element, exact near 0.
    #[doc(alias = "exp_m1")]
    expm1 Expm1
    /// The natural logarithm of each element.
    #[doc(alias = "ln")]
    log Ln
    /// `ln(1 + x)` of each element, exact near 0.
    #[doc(alias = "ln_1p")]
    log1p Log1p
    /// The square root of each element.
    sqrt Sqrt
    /// `1 / √x` of each element.
    rsqrt Rsqrt
    /// `1 / x` of each element.
    #[doc(alias = "recip")]
    reciprocal Reciprocal
    /// `x²` of each element.
    square Square
    /// `|x|` of each element; the gradient at 0 is 0.
    abs Abs
    /// −1, 0 or 1 by the sign of each element; the gradient is 0.
    sign Sign
    /// The sine of each element, in radians.
    sin Sin
    /// The cosine of each element, in radians.
    cos Cos
    /// The hyperbolic tangent of each element.
    tanh Tanh
    /// `1 / (1 + e⁻ˣ)` of each element.
    sigmoid Sigmoid
    /// The larger of each element and 0; the gradient at 0 is 0.
    relu Relu
    /// `ln(1 + eˣ)` of each element, which Gluon calls `softrelu`.
    #[doc(alias = "softrelu")]
    softplus Softplus
    /// `x / (1 + |x|)` of each element.
    softsign Softsign
    /// The error function of each element.
    erf Erf
    /// `x · Φ(x)` of each element, with the exact normal distribution function.
    gelu Gelu
    /// The largest integer not above each element; the gradient is 0.
    floor Floor
    /// The smallest integer not below each element; the gradient is 0.
    ceil Ceil
    /// The nearest integer of each element, halves away from zero; the gradient is 0.
    round Round
}

impl Tensor {
    /// `x` where it is positive, else `slope · x`.
    ///
    /// # Errors
    /// [`Error::BadDType`](crate::Error::BadDType) unless the elements are floats.
    pub fn leaky_relu(&self, slope: f64) -> Result<Tensor> {
        unary("leaky_relu", Unary::LeakyRelu { slope }, self)
    }

    /// `x` where it is positive, else `alpha · (eˣ - 1)`.
    ///
    /// # Errors
    /// [`Error::BadDType`](crate::Error::BadDType) unless the elements are floats.
    pub fn elu(&self, alpha: f64) -> Result<Tensor> {
        unary("elu", Unary::Elu { alpha, scale: 1.0 }, self)
    }

    /// [`elu`](Tensor::elu) times a factor, both chosen so that layers keep mean 0 and variance 1.
    ///
    /// # Errors
    /// [`Error::BadDType`](crate::Error::BadDType) unless the elements are floats.
    ///
    /// # Source
    /// Klambauer et al., *Self-Normalizing Neural Networks*, NeurIPS 2017, eq. 2 and 14.
    pub fn selu(&self) -> Result<Tensor> {
        const ALPHA: f64 = 1.673_263_242_354_377_2;
        const SCALE: f64 = 1.050_700_987_355_480_5;
        unary("selu", Unary::Elu { alpha: ALPHA, scale: SCALE }, self)
    }

    /// `x · sigmoid(beta · x)` of each element.
    ///
    /// # Errors
    /// [`Error::BadDType`](crate::Error::BadDType) unless the elements are floats.
    pub fn swish(&self, beta: f64) -> Result<Tensor> {
        unary("swish", Unary::Swish { beta }, self)
    }

    /// `x · sigmoid(x)` of each element: [`swish`](Tensor::swish) with a `beta` of 1.
    ///
    /// # Errors
    /// [`Error::BadDType`](crate::Error::BadDType) unless the elements are floats.
    pub fn silu(&self) -> Result<Tensor> {
        unary("silu", Unary::Swish { beta: 1.0 }, self)
    }

    /// Each element, or the nearer bound if it is not from `low` to `high`; the gradient outside
    /// is 0.
    ///
    /// # Errors
    /// [`Error::BadDType`](crate::Error::BadDType) unless the elements are floats, or
    /// [integers](crate::DType#integers), both bounds whole or infinite, and their type has every result.
    #[doc(alias = "clamp")]
    pub fn clip(&self, low: f64, high: f64) -> Result<Tensor> {
        unary("clip", Unary::Clip { low, high }, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::check;

    type Op = fn(&Tensor) -> Result<Tensor>;
    type Case = (&'static str, Op, fn(f64) -> f64);

    #[test]
    fn values_match_the_standard_library_in_both_types() {
        let cases: [Case; 15] = [
            ("neg", Tensor::neg, |x| -x),
            ("exp", Tensor::exp, f64::exp),
            ("expm1", Tensor::expm1, f64::exp_m1),
            ("sqrt", |x| x.square()?.sqrt(), f64::abs),
            ("reciprocal", Tensor::reciprocal, f64::recip),
            ("square", Tensor::square, |x| x * x),
            ("abs", Tensor::abs, f64::abs),
            ("sin", Tensor::sin, f64::sin),
            ("cos", Tensor::cos, f64::cos),
            ("tanh", Tensor::tanh, f64::tanh),
            ("sigmoid", Tensor::sigmoid, |x| 1.0 / (1.0 + (-x).exp())),
            ("relu", Tensor::relu, |x| x.max(0.0)),
            ("softplus", Tensor::softplus, |x| x.exp().ln_1p()),
            ("softsign", Tensor::softsign, |x| x / (1.0 + x.abs())),
            ("silu", Tensor::silu, |x| x / (1.0 + (-x).exp())),
        ];
        let inputs: Vec<f64> = (-40..40).map(|i| 0.17 * f64::from(i) + 0.05).collect();
        for (name, op, expected) in cases {
            let x = Tensor::from_vec(inputs.clone(), 80).unwrap();
            let double = op(&x).unwrap().to_vec::<f64>().unwrap();
            let single = op(&x.to_dtype(crate::DType::F32)).unwrap().to_vec::<f32>().unwrap();
            for ((&x, double), single) in inputs.iter().zip(double).zip(single) {
                let error = (double - expected(x)).abs();
                assert!(error <= 1e-14 * expected(x).abs().max(1.0), "{name}({x}) {double}");
                // The argument of the second is rounded.
                let expected = expected(f64::from(x as f32));
                let error = (f64::from(single) - expected).abs();
                assert!(error <= 5e-7 * expected.abs().max(1e-3), "{name}({x}) {single}");
            }
        }
    }

    #[test]
    fn gradients_match_difference_quotients() {
        let everywhere: [(&str, Op); 22] = [
            ("leaky_relu", |x| x.leaky_relu(0.1)),
            ("elu", |x| x.elu(1.3)),
            ("selu", Tensor::selu),
            ("swish", |x| x.swish(1.4)),
            ("clip", |x| x.clip(-1.0, 2.0)),
            ("neg", Tensor::neg),
            ("exp", Tensor::exp),
            ("expm1", Tensor::expm1),
            ("reciprocal", Tensor::reciprocal),
            ("square", Tensor::square),
            ("abs", Tensor::abs),
            ("sign", Tensor::sign),
            ("sin", Tensor::sin),
            ("cos", Tensor::cos),
            ("tanh", Tensor::tanh),
            ("sigmoid", Tensor::sigmoid),
            ("relu", Tensor::relu),
            ("softplus", Tensor::softplus),
            ("softsign", Tensor::softsign),
            ("erf", Tensor::erf),
            ("gelu", Tensor::gelu),
            ("silu", Tensor::silu),
        ];
        let x = Tensor::from([[-2.3, -0.7, 0.4], [1.1, 2.6, -1.4]]);
        for (name, op) in everywhere {
            let error = check::gradients(|v| op(&v[0]), std::slice::from_ref(&x), 1e-5).unwrap();
            assert!(error < 1e-8, "{name}: {error}");
            let columns =
                check::gradients(|v| op(&v[0].transpose()?), std::slice::from_ref(&x), 1e-5)
                    .unwrap();
            assert!(columns < 1e-8, "{name} of a transposed tensor: {columns}");
        }
        let positive: [(&str, Op); 4] = [
            ("log", Tensor::log),
            ("log1p", Tensor::log1p),
            ("sqrt", Tensor::sqrt),
            ("rsqrt", Tensor::rsqrt),
        ];
        for (name, op) in positive {
            let x = x.abs().unwrap();
            let error = check::gradients(|v| op(&v[0]), &[x], 1e-5).unwrap();
            assert!(error < 1e-7, "{name}: {error}");
        }
        for (name, op) in
            [("floor", Tensor::floor as Op), ("ceil", Tensor::ceil), ("round", Tensor::round)]
        {
            assert_eq!(
                check::gradients(|v| op(&v[0]), std::slice::from_ref(&x), 1e-5).unwrap(),
                0.0,
                "{name}"
            );
        }
    }

    #[test]
    fn integers_are_refused() {
        let error = Tensor::from([1i64]).exp().unwrap_err().to_string();
        assert!(error.starts_with("`exp` expected float32 or float64, found int64"), "{error}");
    }
}
