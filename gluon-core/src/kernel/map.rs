//! Maps: functions of one element, and their derivatives.

mod gradient;
#[cfg(test)]
mod tests;

use gluon_macros::simd;

use super::float::Float;
use super::layout;
use super::parallel;
use crate::shape::Layout;

pub(crate) use gradient::unary_grad;

/// A function of one element. NaN propagates through all of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unary {
    Neg,
    Exp,
    /// `eˣ − 1`, exact near 0.
    Expm1,
    Ln,
    /// `ln(1 + x)`, exact near 0.
    Log1p,
    Sqrt,
    /// `1 / √x`
    Rsqrt,
    /// `1 / x`
    Reciprocal,
    Square,
    /// Gradient at 0: 0.
    Abs,
    /// −1, 0 or 1. Gradient: 0.
    Sign,
    Sin,
    Cos,
    Tanh,
    /// `1 / (1 + e⁻ˣ)`
    Sigmoid,
    /// `max(x, 0)`. Gradient at 0: 0.
    Relu,
    /// `ln(1 + eˣ)`
    Softplus,
    /// `x / (1 + |x|)`
    Softsign,
    Erf,
    /// `x · (1 + erf(x / √2)) / 2`
    Gelu,
    /// Gradient: 0, as of the other two roundings.
    Floor,
    Ceil,
    /// Halves away from zero.
    Round,
    /// `x` if positive, else `slope · x`. Gradient at 0: `slope`.
    LeakyRelu {
        slope: f64,
    },
    /// `scale · x` if positive, else `scale · alpha · (eˣ − 1)`.
    Elu {
        alpha: f64,
        scale: f64,
    },
    /// `x · sigmoid(beta · x)`
    Swish {
        beta: f64,
    },
    /// Gradient at the bounds: 1.
    Clip {
        low: f64,
        high: f64,
    },
    Powi(i32),
    Powf(f64),
}

impl Unary {
    /// The work of one element, in the units of [`parallel`].
    fn cost(self) -> usize {
        match self {
            Unary::Sin | Unary::Cos | Unary::Powf(_) => 64,
            Unary::Erf | Unary::Gelu | Unary::Softplus | Unary::Tanh | Unary::Elu { .. } => 16,
            Unary::Exp | Unary::Expm1 | Unary::Ln | Unary::Log1p | Unary::Powi(_) => 8,
            Unary::Sigmoid | Unary::Swish { .. } => 8,
            _ => 1,
        }
    }
}

/// So many elements stay near the processor while they are used twice.
const PIECE: usize = 64;

/// `y = op(x)`, for `x` of any layout.
pub(crate) fn unary<T: Float>(op: Unary, x: &[T], x_layout: &Layout, y: &mut [T]) {
    assert_eq!(x_layout.shape.size(), y.len());
    if x_layout.is_contiguous() {
        let x = &x[x_layout.offset..][..y.len()];
        return parallel::for_each_part(y, 1, op.cost(), |start, y| {
            map(op, &x[start..][..y.len()], y);
        });
    }
    layout::copy(x, x_layout, y);
    parallel::for_each_part(y, 1, op.cost(), |_, y| {
        for y in y.chunks_mut(PIECE) {
            let mut x = [T::ZERO; PIECE];
            let x = &mut x[..y.len()];
            x.copy_from_slice(y);
            map(op, x, y);
        }
    });
}

#[simd]
fn map<T: Float>(op: Unary, x: &[T], y: &mut [T]) {
    // A closure that is long would be called for each element.
    macro_rules! each {
        (|$x:ident| $value:expr) => {
            for (y, &$x) in y.iter_mut().zip(x) {
                *y = $value;
            }
        };
    }
    let c = T::from_f64;
    let (zero, one) = (T::ZERO, T::ONE);
    match op {
        Unary::Neg => each!(|x| -x),
        Unary::Exp => each!(|x| x.exp()),
        Unary::Expm1 => each!(|x| x.exp_m1()),
        Unary::Ln => each!(|x| x.ln()),
        Unary::Log1p => each!(|x| x.ln_1p()),
        Unary::Sqrt => each!(|x| x.sqrt()),
        Unary::Rsqrt => each!(|x| one / x.sqrt()),
        Unary::Reciprocal => each!(|x| one / x),
        Unary::Square => each!(|x| x * x),
        Unary::Abs => each!(|x| x.abs()),
        Unary::Sign => each!(|x| x.sign()),
        Unary::Sin => each!(|x| x.sin()),
        Unary::Cos => each!(|x| x.cos()),
        Unary::Tanh => each!(|x| x.tanh()),
        Unary::Sigmoid => each!(|x| x.sigmoid()),
        Unary::Relu => each!(|x| x.maximum(zero)),
        Unary::Softplus => each!(|x| x.softplus()),
        Unary::Softsign => each!(|x| x / (one + x.abs())),
        Unary::Erf => each!(|x| x.erf()),
        Unary::Gelu => {
            let half = c(0.5);
            let root = c(std::f64::consts::FRAC_1_SQRT_2);
            each!(|x| half * x * (one + (x * root).erf()));
        }
        Unary::Floor => each!(|x| x.floor()),
        Unary::Ceil => each!(|x| x.ceil()),
        Unary::Round => each!(|x| x.round()),
        Unary::LeakyRelu { slope } => {
            let slope = c(slope);
            each!(|x| if x > zero { x } else { slope * x });
        }
        Unary::Elu { alpha, scale } => {
            let (alpha, scale) = (c(alpha * scale), c(scale));
            each!(|x| if x > zero { scale * x } else { alpha * x.exp_m1() });
        }
        Unary::Swish { beta } => {
            let beta = c(beta);
            each!(|x| x * (beta * x).sigmoid());
        }
        Unary::Clip { low, high } => {
            let (low, high) = (c(low), c(high));
            each!(|x| x.maximum(low).minimum(high));
        }
        Unary::Powi(n) => power(n, x, y),
        Unary::Powf(p) => {
            let p = c(p);
            each!(|x| x.powf(p));
        }
    }
}

/// `y = xⁿ`: a product of those of `x, x², x⁴, ..` that `n` is the sum of.
#[inline(always)]
fn power<T: Float>(n: i32, x: &[T], y: &mut [T]) {
    for (x, y) in x.chunks(PIECE).zip(y.chunks_mut(PIECE)) {
        let mut squares = [T::ZERO; PIECE];
        let squares = &mut squares[..x.len()];
        squares.copy_from_slice(x);
        y.fill(T::ONE);
        let mut rest = n.unsigned_abs();
        while rest > 0 {
            if rest % 2 == 1 {
                y.iter_mut().zip(&*squares).for_each(|(y, &square)| *y *= square);
            }
            rest /= 2;
            squares.iter_mut().for_each(|square| *square *= *square);
        }
        if n < 0 {
            y.iter_mut().for_each(|y| *y = T::ONE / *y);
        }
    }
}
