//! The bounds stated on the functions of `f32`, held against `f64`.

use super::*;

/// The distance of `found` from `exact` in units of the last place of `exact` rounded to `f32`.
fn ulps(found: f32, exact: f64) -> f64 {
    let rounded = exact as f32;
    if found == rounded || (found.is_nan() && exact.is_nan()) {
        return 0.0;
    }
    // The spacing below 2⁻¹²⁶ is that of the denormals.
    let exponent = (f64::from(rounded).abs().max(f64::from(f32::MIN_POSITIVE))).log2().floor();
    (f64::from(found) - exact).abs() / 2f64.powf(exponent - 23.0)
}

/// Every value of every `step`-th bit pattern, the neighbourhoods of `edges`, and special values.
fn sample(step: usize, edges: &[f32]) -> impl Iterator<Item = f32> {
    let around = |edge: f32| (-2000i32..=2000).map(move |d| edge.to_bits().wrapping_add_signed(d));
    let special = [0.0, -0.0, f32::INFINITY, -f32::INFINITY, f32::NAN, f32::MAX, f32::MIN, 1.0];
    let edges: Vec<u32> = edges.iter().copied().flat_map(around).collect();
    (0..=u32::MAX).step_by(step).chain(edges).map(f32::from_bits).chain(special)
}

#[track_caller]
fn check(edges: &[f32], bound: f64, f: [fn(f32) -> f32; 2], exact: impl Fn(f64) -> f64) {
    let mut worst = [(0.0, 0.0); 2];
    // A prime, so that the low bits vary.
    for x in sample(1009, edges) {
        let exact = exact(f64::from(x));
        for (worst, f) in worst.iter_mut().zip(f) {
            let error = ulps(f(x), exact);
            if error > worst.0 {
                *worst = (error, x);
            }
        }
    }
    for ((worst, at), f) in worst.into_iter().zip(f) {
        assert!(worst <= bound, "{worst} ulp at {at:e}: found {:e}", f(at));
    }
    let worst = worst[0].0.max(worst[1].0);
    assert!(worst >= bound / 2.0, "the stated bound {bound} is loose: {worst}");
}

/// A function as it is without and with instructions that multiply and add.
macro_rules! both {
    ($function:ident) => {
        [<f32 as Float>::$function::<false>, <f32 as Float>::$function::<true>]
    };
}

#[test]
fn exp_is_within_its_bound() {
    check(&[88.722_84, -87.336_55, -103.972_08, 89.0, -104.0], 1.1, both!(exp), f64::exp);
}

#[test]
fn exp_m1_is_within_its_bound() {
    check(&[88.722_84, 1e-8, -1e-8, -18.0, 0.34657, -0.34657], 2.0, both!(exp_m1), f64::exp_m1);
}

#[test]
fn ln_is_within_its_bound() {
    check(
        &[1.0, std::f32::consts::FRAC_1_SQRT_2, std::f32::consts::SQRT_2, 1e-38],
        1.0,
        both!(ln),
        f64::ln,
    );
}

#[test]
fn ln_1p_is_within_its_bound() {
    check(&[-1.0, 1e-8, -1e-8, 1.0, 0.414, -0.293], 2.0, both!(ln_1p), f64::ln_1p);
}

#[test]
fn tanh_is_within_its_bound() {
    check(&[9.01, -9.01, 1e-8, 0.173, 0.5e-8], 2.5, both!(tanh), f64::tanh);
}

#[test]
fn sigmoid_is_within_its_bound() {
    check(&[88.7, -87.3, -103.9, 17.0], 3.0, both!(sigmoid), <f64 as Float>::sigmoid::<false>);
}

#[test]
fn erf_is_within_its_bound() {
    check(&[0.927_734_4, 4.0, 3.9], 2.0, both!(erf), erf);
}

#[test]
fn signs_of_zero_are_kept() {
    let sign: [fn(f32) -> f32; 2] = [Float::sign; 2];
    for f in [both!(tanh), both!(exp_m1), both!(ln_1p), both!(erf), sign].concat() {
        assert!(f(-0.0).is_sign_negative() && f(0.0).is_sign_positive());
    }
}

#[test]
fn erf_of_f64_agrees_with_tables() {
    // Abramowitz & Stegun table 7.1, and the two sides of the seam at 3.
    let table = [(0.5, 0.5204998778), (1.0, 0.8427007929), (2.0, 0.9953222650)];
    for (x, value) in table {
        assert!((erf(x) - value).abs() < 1e-10, "{x}");
        assert_eq!(erf(-x), -erf(x));
    }
    assert!((erf(3.0) - erf(3.0f64.next_down())).abs() < 1e-15);
    assert_eq!(erf(f64::INFINITY), 1.0);
    assert!(erf(f64::NAN).is_nan());
}

#[test]
fn extremes_propagate_nan() {
    for (a, b) in [(f32::NAN, 1.0), (1.0, f32::NAN)] {
        assert!(Float::maximum(a, b).is_nan() && Float::minimum(a, b).is_nan());
    }
    assert_eq!((Float::maximum(2f32, 3.0), Float::minimum(2f32, 3.0)), (3.0, 2.0));
}

#[test]
fn softplus_neither_overflows_nor_vanishes() {
    assert_eq!(1000f32.softplus::<false>(), 1000.0);
    assert!((Float::softplus::<false>(-50f64) / (-50f64).exp() - 1.0).abs() < 1e-12);
    assert!((0f64.softplus::<false>() - 2f64.ln()).abs() < 1e-15);
}
