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
            slope(op, &x[range.clone()], &y[range.clone()], &dy[range], dx);
        });
    });
}

#[simd]
fn slope<T: Float>(op: Unary, x: &[T], y: &[T], dy: &[T], dx: &mut [T]) {
    // The compiler drops the loads of whichever of x and y a derivative leaves out.
    macro_rules! each {
        (|$x:pat_param, $y:pat_param| $slope:expr) => {
            for (((dx, &$x), &$y), &dy) in dx.iter_mut().zip(x).zip(y).zip(dy) {
                *dx = dy * $slope;
            }
        };
    }
    let c = T::from_f64;
    let (zero, one, two, half) = (T::ZERO, T::ONE, c(2.0), c(0.5));
    match op {
        Unary::Neg => each!(|_, _| -one),
        Unary::Exp => each!(|_, y| y),
        Unary::Expm1 => each!(|_, y| y + one),
        Unary::Ln => each!(|x, _| one / x),
        Unary::Log1p => each!(|x, _| one / (one + x)),
        Unary::Sqrt => each!(|_, y| half / y),
        Unary::Rsqrt => each!(|_, y| -half * (y * y * y)),
        Unary::Reciprocal => each!(|_, y| -(y * y)),
        Unary::Square => each!(|x, _| two * x),
        Unary::Abs => each!(|x, _| x.sign()),
        Unary::Sign | Unary::Floor | Unary::Ceil | Unary::Round => each!(|_, _| zero),
        Unary::Sin => each!(|x, _| x.cos()),
        Unary::Cos => each!(|x, _| -x.sin()),
        Unary::Tanh => each!(|_, y| one - y * y),
        Unary::Sigmoid => each!(|_, y| y * (one - y)),
        Unary::Relu => each!(|_, y| T::truth(y > zero)),
        Unary::Softplus => each!(|x, _| x.sigmoid()),
        Unary::Softsign => each!(|_, y| (one - y.abs()) * (one - y.abs())),
        Unary::Erf => {
            let scale = c(std::f64::consts::FRAC_2_SQRT_PI);
            each!(|x, _| scale * (-(x * x)).exp());
        }
        Unary::Gelu => {
            // Φ(x) + x φ(x), the normal distribution and its density.
            let root = c(std::f64::consts::FRAC_1_SQRT_2);
            let scale = c(0.5 * std::f64::consts::FRAC_2_SQRT_PI) * root;
            each!(|x, _| { half * (one + (x * root).erf()) + x * scale * (-half * (x * x)).exp() });
        }
        Unary::LeakyRelu { slope } => {
            let slope = c(slope);
            each!(|x, _| if x > zero { one } else { slope });
        }
        Unary::Elu { alpha, scale } => {
            let (alpha, scale) = (c(alpha * scale), c(scale));
            each!(|x, y| if x > zero { scale } else { y + alpha });
        }
        Unary::Swish { beta } => {
            let beta = c(beta);
            each!(|x, y| {
                let s = (beta * x).sigmoid();
                s + beta * y * (one - s)
            });
        }
        Unary::Clip { low, high } => {
            let (low, high) = (c(low), c(high));
            each!(|x, _| T::truth(x >= low && x <= high));
        }
        // Flat, also where another power would be infinite.
        Unary::Powi(0) => each!(|_, _| zero),
        Unary::Powi(n) => {
            let factor = c(f64::from(n));
            power(n - 1, x, dx);
            for (dx, &dy) in dx.iter_mut().zip(dy) {
                *dx = dy * (factor * *dx);
            }
        }
        Unary::Powf(p) => {
            let (factor, exponent) = (c(p), c(p - 1.0));
            each!(|x, _| if p == 0.0 { zero } else { factor * x.powf(exponent) });
        }
    }
}
