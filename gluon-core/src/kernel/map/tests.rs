use super::*;
use crate::shape::{Shape, Strides};

const ALL: [Unary; 33] = [
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
    Unary::Floor,
    Unary::Ceil,
    Unary::Round,
    Unary::LeakyRelu { slope: 0.2 },
    Unary::Elu { alpha: 1.5, scale: 1.0 },
    Unary::Elu { alpha: 1.7, scale: 1.1 },
    Unary::Swish { beta: 1.6 },
    Unary::Clip { low: -0.5, high: 0.75 },
    Unary::Powi(3),
    Unary::Powi(11),
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
        Unary::Swish { beta } => x / (1.0 + (-beta * x).exp()),
        Unary::Floor => x as i64 as f64 - f64::from(u8::from((x as i64 as f64) > x)),
        Unary::Ceil => -reference(Unary::Floor, -x),
        Unary::Round => x.signum() * reference(Unary::Floor, x.abs() + 0.5),
        Unary::LeakyRelu { slope } => x.max(0.0) + slope * x.min(0.0),
        Unary::Elu { alpha, scale } => scale * (x.max(0.0) + alpha * (x.min(0.0).exp() - 1.0)),
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
    let positive =
        matches!(op, Unary::Ln | Unary::Sqrt | Unary::Rsqrt | Unary::Powf(_) | Unary::Reciprocal);
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
        let mut y = [0.0f32; 3];
        unary(op, &[f32::NAN; 3], &Layout::contiguous(Shape::from([3])), &mut y);
        assert!(y.iter().all(|y| y.is_nan()), "{op:?}");
    }
}

#[test]
fn gradients_at_kinks_are_as_stated() {
    let at = |op, x: f32| {
        let (mut y, mut dx) = ([f32::NAN], [f32::NAN]);
        unary(op, &[x], &Layout::contiguous(Shape::from([1])), &mut y);
        unary_grad(op, &[x], &y, &[1.0], &mut dx, false);
        dx[0]
    };
    assert_eq!(at(Unary::Relu, 0.0), 0.0);
    assert_eq!(at(Unary::Abs, 0.0), 0.0);
    assert_eq!(at(Unary::LeakyRelu { slope: 0.3 }, 0.0), 0.3);
    assert_eq!(at(Unary::Clip { low: -1.0, high: 2.0 }, 2.0), 1.0);
}

#[test]
fn infinite_gradients_do_not_pass_what_is_flat() {
    let flat = [
        (Unary::Relu, -1.0),
        (Unary::Relu, 0.0),
        (Unary::Clip { low: 0.0, high: 9.0 }, -1.0),
        (Unary::Abs, 0.0),
        (Unary::Sign, 2.0),
        (Unary::Floor, 0.5),
        (Unary::Ceil, 0.5),
        (Unary::Round, 0.5),
        (Unary::Powi(0), 0.0),
    ];
    for (op, x) in flat {
        let (mut y, mut dx) = ([f32::NAN], [f32::NAN]);
        unary(op, &[x], &Layout::contiguous(Shape::from([1])), &mut y);
        unary_grad(op, &[x], &y, &[f32::INFINITY], &mut dx, false);
        assert_eq!(dx, [0.0], "{op:?}({x})");
    }
}

#[test]
fn whole_powers_are_products() {
    let x: Vec<f64> = (1..=100).map(|i| f64::from(i) / 64.0 - 0.8).collect();
    for n in -16..=16i32 {
        let mut y = vec![f64::NAN; 100];
        unary(Unary::Powi(n), &x, &Layout::contiguous(Shape::from([100])), &mut y);
        for (&x, y) in x.iter().zip(y) {
            let product = (0..n.abs()).fold(1.0, |product, _| product * x);
            let expected = if n < 0 { 1.0 / product } else { product };
            assert!((y - expected).abs() <= 1e-14 * expected.abs(), "{x}^{n}: {y}, {expected}");
        }
    }
}

#[test]
fn any_layout_is_read() {
    let x: Vec<f64> = (0..210).map(f64::from).collect();
    let transposed =
        Layout { shape: Shape::from([70, 3]), strides: Strides::new(&[1, 70]), offset: 0 };
    let mut y = [0.0; 210];
    unary(Unary::Neg, &x, &transposed, &mut y);
    assert!((0..210).all(|i| y[i] == -((i / 3 + i % 3 * 70) as f64)));
    let tail = Layout { offset: 10, ..Layout::contiguous(Shape::from([2])) };
    unary(Unary::Square, &x, &tail, &mut y[..2]);
    assert_eq!(y[..2], [100.0, 121.0]);
}

#[test]
fn long_inputs_give_what_short_ones_give() {
    let x: Vec<f32> = (0..200_001).map(|i| i as f32 * 1e-4 - 10.0).collect();
    let mut y = vec![0.0; x.len()];
    unary(Unary::Tanh, &x, &Layout::contiguous(Shape::from(x.len())), &mut y);
    for (x, y) in x.chunks(77).zip(y.chunks(77)) {
        let mut short = [0.0; 77];
        let short = &mut short[..x.len()];
        unary(Unary::Tanh, x, &Layout::contiguous(Shape::from(x.len())), short);
        assert_eq!(short, y);
    }
}
