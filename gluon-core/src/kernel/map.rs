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
/// So many elements are copied before they are written over.
const IN_PLACE: usize = 256;

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
    parallel::for_each_part(y, 1, op.cost(), |_, y| map_in_place(op, y));
}

/// `y = op(y)`, by this thread alone.
pub(super) fn map_in_place<T: Float>(op: Unary, y: &mut [T]) {
    for y in y.chunks_mut(IN_PLACE) {
        let mut x = [T::ZERO; IN_PLACE];
        let x = &mut x[..y.len()];
        x.copy_from_slice(y);
        map(op, x, y);
    }
}

// A closure that is long would be called for each element.
macro_rules! each {
    ($x:ident, $y:ident, $value:expr) => {
        for ($y, &$x) in $y.iter_mut().zip($x) {
            *$y = $value;
        }
    };
}

/// `y = op(x)`
fn map<T: Float>(op: Unary, x: &[T], y: &mut [T]) {
    match op {
        Unary::Sin => each!(x, y, x.sin()),
        Unary::Cos => each!(x, y, x.cos()),
        Unary::Powf(p) => {
            let p = T::from_f64(p);
            each!(x, y, x.powf(p));
        }
        Unary::Exp | Unary::Expm1 | Unary::Ln | Unary::Log1p | Unary::Erf => elementary(op, x, y),
        Unary::Tanh | Unary::Sigmoid | Unary::Softplus | Unary::Gelu => elementary(op, x, y),
        Unary::Elu { .. } | Unary::Swish { .. } => elementary(op, x, y),
        _ => simple(op, x, y),
    }
}

/// The functions of [`map`] that are arithmetic, in vectors of either type.
#[simd]
fn simple<T: Float>(op: Unary, x: &[T], y: &mut [T]) {
    let c = T::from_f64;
    let (zero, one) = (T::ZERO, T::ONE);
    match op {
        Unary::Neg => each!(x, y, -x),
        Unary::Sqrt => each!(x, y, x.sqrt()),
        Unary::Rsqrt => each!(x, y, one / x.sqrt()),
        Unary::Reciprocal => each!(x, y, one / x),
        Unary::Square => each!(x, y, x * x),
        Unary::Abs => each!(x, y, x.abs()),
        Unary::Sign => each!(x, y, x.sign()),
        Unary::Relu => each!(x, y, x.maximum(zero)),
        Unary::Softsign => each!(x, y, x / (one + x.abs())),
        Unary::Floor => each!(x, y, x.floor()),
        Unary::Ceil => each!(x, y, x.ceil()),
        Unary::Round => each!(x, y, x.round()),
        Unary::LeakyRelu { slope } => {
            let slope = c(slope);
            each!(x, y, if x > zero { x } else { slope * x });
        }
        Unary::Clip { low, high } => {
            let (low, high) = (c(low), c(high));
            each!(x, y, x.maximum(low).minimum(high));
        }
        Unary::Powi(n) => power(n, x, y),
        _ => unreachable!("`map` computes the others"),
    }
}

/// The functions of [`map`] that are polynomials in `f32`, and calls in `f64`.
#[simd(f32)]
fn elementary<T: Float>(op: Unary, x: &[T], y: &mut [T]) {
    let c = T::from_f64;
    let (zero, one) = (T::ZERO, T::ONE);
    match op {
        Unary::Exp => each!(x, y, x.exp::<FMA>()),
        Unary::Expm1 => each!(x, y, x.exp_m1::<FMA>()),
        Unary::Ln => each!(x, y, x.ln::<FMA>()),
        Unary::Log1p => each!(x, y, x.ln_1p::<FMA>()),
        Unary::Tanh => each!(x, y, x.tanh::<FMA>()),
        Unary::Sigmoid => each!(x, y, x.sigmoid::<FMA>()),
        Unary::Softplus => each!(x, y, x.softplus::<FMA>()),
        Unary::Erf => each!(x, y, x.erf::<FMA>()),
        Unary::Gelu => {
            let half = c(0.5);
            let root = c(std::f64::consts::FRAC_1_SQRT_2);
            each!(x, y, half * x * (one + (x * root).erf::<FMA>()));
        }
        Unary::Elu { alpha, scale } => {
            let (alpha, scale) = (c(alpha * scale), c(scale));
            each!(x, y, if x > zero { scale * x } else { alpha * x.exp_m1::<FMA>() });
        }
        Unary::Swish { beta } => {
            let beta = c(beta);
            each!(x, y, x * (beta * x).sigmoid::<FMA>());
        }
        _ => unreachable!("`map` computes the others"),
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
