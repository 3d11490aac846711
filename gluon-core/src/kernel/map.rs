//! Maps: functions of one element, and their derivatives.

use multiversion::multiversion;

use super::float::Float;
use super::layout;
use super::parallel;
use crate::shape::Layout;

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
    /// `x · sigmoid(x)`
    Silu,
    /// Gradient: 0, as of the other two roundings.
    Floor,
    Ceil,
    /// Halves away from zero.
    Round,
    /// `x` if positive, else `slope · x`. Gradient at 0: `slope`.
    LeakyRelu {
        slope: f64,
    },
    /// `x` if positive, else `alpha · (eˣ − 1)`.
    Elu {
        alpha: f64,
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
            Unary::Exp | Unary::Expm1 | Unary::Ln | Unary::Log1p | Unary::Sigmoid | Unary::Silu => {
                8
            }
            Unary::Powi(_) => 8,
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
    parallel::for_each_block(dx, 1, op.cost(), |start, dx| {
        let range = start..start + dx.len();
        let (x, y, dy) = (&x[range.clone()], &y[range.clone()], &dy[range]);
        if accumulate {
            slope::<T, true>(op, x, y, dy, dx);
        } else {
            slope::<T, false>(op, x, y, dy, dx);
        }
    });
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
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
        Unary::Silu => each(y, |x| x * x.sigmoid()),
        Unary::Floor => each(y, |x| x.floor()),
        Unary::Ceil => each(y, |x| x.ceil()),
        Unary::Round => each(y, |x| x.round()),
        Unary::LeakyRelu { slope } => {
            let slope = c(slope);
            each(y, |x| if x > zero { x } else { slope * x });
        }
        Unary::Elu { alpha } => {
            let alpha = c(alpha);
            each(y, |x| if x > zero { x } else { alpha * x.exp_m1() });
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

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2"))]
fn slope<T: Float, const ADD: bool>(op: Unary, x: &[T], y: &[T], dy: &[T], dx: &mut [T]) {
    // The compiler drops the loads of whichever of x and y a derivative leaves out.
    macro_rules! each {
        (|$x:pat_param, $y:pat_param| $slope:expr) => {
            for (((dx, &$x), &$y), &dy) in dx.iter_mut().zip(x).zip(y).zip(dy) {
                let product = dy * $slope;
                *dx = if ADD { *dx + product } else { product };
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
        Unary::Silu => each!(|x, y| {
            let s = x.sigmoid();
            s + y * (one - s)
        }),
        Unary::LeakyRelu { slope } => {
            let slope = c(slope);
            each!(|x, _| if x > zero { one } else { slope });
        }
        Unary::Elu { alpha } => {
            let alpha = c(alpha);
            each!(|x, y| if x > zero { one } else { y + alpha });
        }
        Unary::Clip { low, high } => {
            let (low, high) = (c(low), c(high));
            each!(|x, _| T::truth(x >= low && x <= high));
        }
        Unary::Powi(n) => {
            let factor = c(f64::from(n));
            each!(|x, _| factor * x.powi(n - 1));
        }
        Unary::Powf(p) => {
            let (factor, exponent) = (c(p), c(p - 1.0));
            each!(|x, _| factor * x.powf(exponent));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::{Shape, Strides};

    const ALL: [Unary; 31] = [
        Unary::Neg,
        Unary::Exp,
        Unary::Expm1,
        Unary::Ln,
        Unary::Log1p,
        Unary::Sqrt,
        Unary::Rsqrt,
        Unary::Reciprocal,
        Unary::Square,
        Unary::Abs,
        Unary::Sign,
        Unary::Sin,
        Unary::Cos,
        Unary::Tanh,
        Unary::Sigmoid,
        Unary::Relu,
        Unary::Softplus,
        Unary::Softsign,
        Unary::Erf,
        Unary::Gelu,
        Unary::Silu,
        Unary::Floor,
        Unary::Ceil,
        Unary::Round,
        Unary::LeakyRelu { slope: 0.2 },
        Unary::Elu { alpha: 1.5 },
        Unary::Clip { low: -0.5, high: 0.75 },
        Unary::Powi(3),
        Unary::Powi(-2),
        Unary::Powf(2.5),
        Unary::Powf(-0.5),
    ];

    /// The definitions, by other formulas than the kernel's where there are any.
    fn reference(op: Unary, x: f64) -> f64 {
        match op {
            Unary::Neg => -x,
            Unary::Exp => x.exp(),
            Unary::Expm1 => x.exp() - 1.0,
            Unary::Ln => x.ln(),
            Unary::Log1p => (1.0 + x).ln(),
            Unary::Sqrt => x.sqrt(),
            Unary::Rsqrt => x.powf(-0.5),
            Unary::Reciprocal => x.powi(-1),
            Unary::Square => x.powi(2),
            Unary::Abs => x.max(-x),
            Unary::Sign => f64::from(i8::from(x > 0.0) - i8::from(x < 0.0)),
            Unary::Sin => (x - std::f64::consts::FRAC_PI_2).cos(),
            Unary::Cos => (x + std::f64::consts::FRAC_PI_2).sin(),
            Unary::Tanh => x.sinh() / x.cosh(),
            Unary::Sigmoid => x.exp() / (1.0 + x.exp()),
            Unary::Relu => x.max(0.0),
            Unary::Softplus => (1.0 + x.exp()).ln(),
            Unary::Softsign => {
                if x < 0.0 {
                    x / (1.0 - x)
                } else {
                    x / (1.0 + x)
                }
            }
            Unary::Erf => integral(x, |t| (-t * t).exp() * std::f64::consts::FRAC_2_SQRT_PI),
            Unary::Gelu => {
                let density = |t: f64| (-t * t / 2.0).exp() / std::f64::consts::TAU.sqrt();
                x * (0.5 + integral(x, density))
            }
            Unary::Silu => x / (1.0 + (-x).exp()),
            Unary::Floor => x as i64 as f64 - f64::from(u8::from((x as i64 as f64) > x)),
            Unary::Ceil => -reference(Unary::Floor, -x),
            Unary::Round => x.signum() * reference(Unary::Floor, x.abs() + 0.5),
            Unary::LeakyRelu { slope } => x.max(0.0) + slope * x.min(0.0),
            Unary::Elu { alpha } => x.max(0.0) + alpha * (x.min(0.0).exp() - 1.0),
            Unary::Clip { low, high } => x.clamp(low, high),
            Unary::Powi(n) => x.powf(f64::from(n)),
            Unary::Powf(p) => (p * x.ln()).exp(),
        }
    }

    /// `∫ f` from 0 to `x`, by Simpson's rule.
    fn integral(x: f64, f: impl Fn(f64) -> f64) -> f64 {
        let h = x / 2000.0;
        let weight = |i| if i == 0 || i == 2000 { 1.0 } else { f64::from(2 + 2 * (i % 2)) };
        (0..=2000).map(|i| weight(i) * f(f64::from(i) * h)).sum::<f64>() * h / 3.0
    }

    /// Values on either side of zero and of every kink, away from the kinks themselves.
    fn inputs(op: Unary) -> Vec<f64> {
        let positive = matches!(
            op,
            Unary::Ln | Unary::Sqrt | Unary::Rsqrt | Unary::Powf(_) | Unary::Reciprocal
        );
        let from = match op {
            _ if positive => 0.1,
            Unary::Log1p => -0.9,
            _ => -3.97,
        };
        (0..100).map(|i| from + f64::from(i) * 0.0811).collect()
    }

    fn close(found: f64, expected: f64, tolerance: f64) -> bool {
        (found - expected).abs() <= tolerance * expected.abs().max(1.0)
            || (found.is_nan() && expected.is_nan())
    }

    fn check<T: Float>(tolerance: f64) {
        for op in ALL {
            let x: Vec<T> = inputs(op).into_iter().map(T::from_f64).collect();
            let mut y = vec![T::ZERO; x.len()];
            unary(op, &x, &Layout::contiguous(Shape::from(x.len())), &mut y);
            for (x, y) in x.iter().zip(&y) {
                let expected = reference(op, x.to_f64());
                assert!(close(y.to_f64(), expected, tolerance), "{op:?}({x}): {y}, {expected}");
            }
        }
    }

    #[test]
    fn values_follow_their_definitions() {
        check::<f64>(1e-12);
        check::<f32>(1e-6);
    }

    #[test]
    fn gradients_are_difference_quotients() {
        const STEP: f64 = 1e-6;
        for op in ALL {
            let x = inputs(op);
            let layout = Layout::contiguous(Shape::from(x.len()));
            let value = |shift: f64| {
                let x: Vec<f64> = x.iter().map(|x| x + shift).collect();
                let mut y = vec![0.0; x.len()];
                unary(op, &x, &layout, &mut y);
                y
            };
            let (y, above, below) = (value(0.0), value(STEP), value(-STEP));
            let dy: Vec<f64> = (0..x.len()).map(|i| 1.0 + i as f64 / 7.0).collect();
            let mut dx = vec![f64::NAN; x.len()];
            unary_grad(op, &x, &y, &dy, &mut dx, false);
            let mut sum = vec![5.0; x.len()];
            unary_grad(op, &x, &y, &dy, &mut sum, true);
            for i in 0..x.len() {
                let expected = dy[i] * (above[i] - below[i]) / (2.0 * STEP);
                assert!(close(dx[i], expected, 1e-6), "{op:?}′({}): {}, {expected}", x[i], dx[i]);
                assert_eq!(sum[i], 5.0 + dx[i], "{op:?}");
            }
        }
    }

    #[test]
    fn nan_propagates() {
        for op in ALL {
            let mut y = [f32::NAN; 3];
            unary_in_place(op, &mut y);
            assert!(y.iter().all(|y| y.is_nan()), "{op:?}");
        }
    }

    #[test]
    fn gradients_at_kinks_are_as_stated() {
        let at = |op, x: f32| {
            let (mut y, mut dx) = ([x], [f32::NAN]);
            unary_in_place(op, &mut y);
            unary_grad(op, &[x], &y, &[1.0], &mut dx, false);
            dx[0]
        };
        assert_eq!(at(Unary::Relu, 0.0), 0.0);
        assert_eq!(at(Unary::Abs, 0.0), 0.0);
        assert_eq!(at(Unary::LeakyRelu { slope: 0.3 }, 0.0), 0.3);
        assert_eq!(at(Unary::Clip { low: -1.0, high: 2.0 }, 2.0), 1.0);
    }

    #[test]
    fn any_layout_is_read() {
        let x: Vec<f64> = (0..12).map(f64::from).collect();
        let transposed =
            Layout { shape: Shape::from([4, 3]), strides: Strides::new(&[1, 4]), offset: 0 };
        let mut y = [0.0; 12];
        unary(Unary::Neg, &x, &transposed, &mut y);
        assert_eq!(y, [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11].map(|i| -f64::from(i)));
        let tail = Layout { offset: 10, ..Layout::contiguous(Shape::from([2])) };
        unary(Unary::Square, &x, &tail, &mut y[..2]);
        assert_eq!(y[..2], [100.0, 121.0]);
    }

    #[test]
    fn long_inputs_give_what_short_ones_give() {
        let x: Vec<f32> = (0..200_001).map(|i| i as f32 * 1e-4 - 10.0).collect();
        let mut y = vec![0.0; x.len()];
        unary(Unary::Tanh, &x, &Layout::contiguous(Shape::from(x.len())), &mut y);
        assert!(x.iter().zip(&y).all(|(&x, &y)| Float::tanh(x) == y));
    }
}
