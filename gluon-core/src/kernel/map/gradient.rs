//! Derivatives of functions of one element.

use gluon_macros::simd;

use super::{Unary, power};
use crate::kernel::float::Float;
use crate::kernel::parallel;
use crate::kernel::zip::write_or_add;

/// `dx (+)= dy · op′(x)` where `y = op(x)`; all contiguous, added to `dx` if `accumulate`.
pub(crate) fn unary_grad<T: Float>(
    op: Unary,
    x: &[T],
    y: &[T],
    dy: &[T],
    dx: &mut [T],
    accumulate: bool,
) {
    let len = dx.len();
    assert!(x.len() == len && y.len() == len && dy.len() == len);
    parallel::for_each_part(dx, 1, op.cost(), |start, dx| {
        let range = start..start + dx.len();
        let (x, y, dy) = (&x[range.clone()], &y[range.clone()], &dy[range]);
        write_or_add(dx, accumulate, |at, dx| {
            let range = at..at + dx.len();
            let (x, y, dy) = (&x[range.clone()], &y[range.clone()], &dy[range]);
            match op {
                Unary::Erf | Unary::Gelu | Unary::Softplus | Unary::Swish { .. } => {
                    elementary(op, x, dy, dx);
                }
                _ => slope(op, x, y, dy, dx),
            }
        });
    });
}

#[simd]
fn slope<T: Float>(op: Unary, x: &[T], y: &[T], dy: &[T], dx: &mut [T]) {
    // The compiler drops the loads of whichever of x and y a derivative leaves out. Where a function
    // is flat the gradient is 0 whatever comes in: it is chosen, as 0 times infinity is NaN.
    macro_rules! each {
        (|$x:pat_param, $y:pat_param, $dy:pat_param| $value:expr) => {
            for (((dx, &$x), &$y), &$dy) in dx.iter_mut().zip(x).zip(y).zip(dy) {
                *dx = $value;
            }
        };
    }
    let c = T::from_f64;
    let (zero, one, two, half) = (T::ZERO, T::ONE, c(2.0), c(0.5));
    match op {
        Unary::Neg => each!(|_, _, dy| -dy),
        Unary::Exp => each!(|_, y, dy| dy * y),
        Unary::Expm1 => each!(|_, y, dy| dy * (y + one)),
        Unary::Ln => each!(|x, _, dy| dy * (one / x)),
        Unary::Log1p => each!(|x, _, dy| dy * (one / (one + x))),
        Unary::Sqrt => each!(|_, y, dy| dy * (half / y)),
        Unary::Rsqrt => each!(|_, y, dy| dy * (-half * (y * y * y))),
        Unary::Reciprocal => each!(|_, y, dy| dy * -(y * y)),
        Unary::Square => each!(|x, _, dy| dy * (two * x)),
        Unary::Abs => {
            each!(|x, _, dy| {
                // Zeros and NaN are kept.
                if x > zero {
                    dy
                } else if x < zero {
                    -dy
                } else {
                    x
                }
            });
        }
        Unary::Sign | Unary::Floor | Unary::Ceil | Unary::Round | Unary::Powi(0) => dx.fill(zero),
        Unary::Sin => each!(|x, _, dy| dy * x.cos()),
        Unary::Cos => each!(|x, _, dy| dy * -x.sin()),
        Unary::Tanh => each!(|_, y, dy| dy * (one - y * y)),
        Unary::Sigmoid => each!(|_, y, dy| dy * (y * (one - y))),
        Unary::Relu => each!(|_, y, dy| if y > zero { dy } else { zero }),
        Unary::Softsign => each!(|_, y, dy| dy * ((one - y.abs()) * (one - y.abs()))),
        Unary::LeakyRelu { slope } => {
            let slope = c(slope);
            each!(|x, _, dy| dy * if x > zero { one } else { slope });
        }
        Unary::Elu { alpha, scale } => {
            let (alpha, scale) = (c(alpha * scale), c(scale));
            each!(|x, y, dy| dy * if x > zero { scale } else { y + alpha });
        }
        Unary::Clip { low, high } => {
            let (low, high) = (c(low), c(high));
            each!(|x, _, dy| if x >= low && x <= high { dy } else { zero });
        }
        Unary::Powi(n) => {
            let factor = c(f64::from(n));
            power(n - 1, x, dx);
            for (dx, &dy) in dx.iter_mut().zip(dy) {
                *dx = dy * (factor * *dx);
            }
        }
        Unary::Powf(p) => {
            let (factor, exponent) = (c(p), c(p - 1.0));
            each!(|x, _, dy| if p == 0.0 { zero } else { dy * (factor * x.powf(exponent)) });
        }
        Unary::Erf | Unary::Gelu | Unary::Softplus | Unary::Swish { .. } => {
            unreachable!("`elementary` computes these")
        }
    }
}

/// The derivatives that are polynomials of the input.
#[simd(f32)]
fn elementary<T: Float>(op: Unary, x: &[T], dy: &[T], dx: &mut [T]) {
    macro_rules! each {
        (|$x:ident| $derivative:expr) => {
            for ((dx, &$x), &dy) in dx.iter_mut().zip(x).zip(dy) {
                *dx = dy * $derivative;
            }
        };
    }
    let c = T::from_f64;
    let (one, half, scale) = (T::ONE, c(0.5), c(std::f64::consts::FRAC_2_SQRT_PI));
    match op {
        Unary::Erf => each!(|x| scale * (-(x * x)).exp::<FMA>()),
        Unary::Gelu => {
            // Φ(x) + x φ(x), the normal distribution and its density.
            let root = c(std::f64::consts::FRAC_1_SQRT_2);
            let scale = half * scale * root;
            each!(|x| half * (one + (x * root).erf::<FMA>())
                + x * scale * (-half * (x * x)).exp::<FMA>());
        }
        Unary::Softplus => each!(|x| x.sigmoid::<FMA>()),
        Unary::Swish { beta } => {
            let beta = c(beta);
            each!(|x| {
                let s = (beta * x).sigmoid::<FMA>();
                s + beta * (x * s) * (one - s)
            });
        }
        _ => unreachable!("`slope` computes the others"),
    }
}
