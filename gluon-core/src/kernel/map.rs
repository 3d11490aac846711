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

/// `y = op(x)`, for `x` of any layout.
pub(crate) fn unary<T: Float>(op: Unary, x: &[T], x_layout: &Layout, y: &mut [T]) {
    assert_eq!(x_layout.shape.size(), y.len());
    if !x_layout.is_contiguous() {
        layout::copy(x, x_layout, y);
        return unary_in_place(op, y);
    }
    let x = &x[x_layout.offset..][..y.len()];
    // Piecewise, so that the copy is still in the first-level cache when it is mapped.
    const PIECE: usize = 2048;
    parallel::for_each_block(y, 1, op.cost(), |start, y| {
        for (x, y) in x[start..][..y.len()].chunks(PIECE).zip(y.chunks_mut(PIECE)) {
            y.copy_from_slice(x);
            map(op, y);
        }
    });
}

/// `y = op(y)`
pub(crate) fn unary_in_place<T: Float>(op: Unary, y: &mut [T]) {
    parallel::for_each_block(y, 1, op.cost(), |_, y| map(op, y));
}

#[simd]
fn map<T: Float>(op: Unary, y: &mut [T]) {
    #[inline(always)]
    fn each<T: Float>(y: &mut [T], f: impl Fn(T) -> T) {
        for y in y {
            *y = f(*y);
        }
    }
    let c = T::from_f64;
    let (zero, one) = (T::ZERO, T::ONE);
    match op {
        Unary::Neg => each(y, |x| -x),
        Unary::Exp => each(y, |x| x.exp()),
        Unary::Expm1 => each(y, |x| x.exp_m1()),
        Unary::Ln => each(y, |x| x.ln()),
        Unary::Log1p => each(y, |x| x.ln_1p()),
        Unary::Sqrt => each(y, |x| x.sqrt()),
        Unary::Rsqrt => each(y, |x| one / x.sqrt()),
        Unary::Reciprocal => each(y, |x| one / x),
        Unary::Square => each(y, |x| x * x),
        Unary::Abs => each(y, |x| x.abs()),
        Unary::Sign => each(y, |x| x.sign()),
        Unary::Sin => each(y, |x| x.sin()),
        Unary::Cos => each(y, |x| x.cos()),
        Unary::Tanh => each(y, |x| x.tanh()),
        Unary::Sigmoid => each(y, |x| x.sigmoid()),
        Unary::Relu => each(y, |x| x.maximum(zero)),
        Unary::Softplus => each(y, |x| x.softplus()),
        Unary::Softsign => each(y, |x| x / (one + x.abs())),
        Unary::Erf => each(y, |x| x.erf()),
        Unary::Gelu => {
            let half = c(0.5);
            let root = c(std::f64::consts::FRAC_1_SQRT_2);
            each(y, |x| half * x * (one + (x * root).erf()));
        }
        Unary::Floor => each(y, |x| x.floor()),
        Unary::Ceil => each(y, |x| x.ceil()),
        Unary::Round => each(y, |x| x.round()),
        Unary::LeakyRelu { slope } => {
            let slope = c(slope);
            each(y, |x| if x > zero { x } else { slope * x });
        }
        Unary::Elu { alpha, scale } => {
            let (alpha, scale) = (c(alpha * scale), c(scale));
            each(y, |x| if x > zero { scale * x } else { alpha * x.exp_m1() });
        }
        Unary::Swish { beta } => {
            let beta = c(beta);
            each(y, |x| x * (beta * x).sigmoid());
        }
        Unary::Clip { low, high } => {
            let (low, high) = (c(low), c(high));
            each(y, |x| x.maximum(low).minimum(high));
        }
        Unary::Powi(n) => each(y, |x| x.powi(n)),
        Unary::Powf(p) => {
            let p = c(p);
            each(y, |x| x.powf(p));
        }
    }
}
