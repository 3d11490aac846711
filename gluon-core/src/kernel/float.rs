//! Floats: the element types that compute, and their elementary functions.
//!
//! For `f32` the exponential, the logarithm and what derives from them are branch-free polynomials
//! that vectorize. The bounds stated on each were measured over all or a dense sample of the bit
//! patterns and are tests below. For `f64` they are the standard library's.
//!
//! Those with a parameter `FMA` multiply and add in one instruction if it is true. Where the processor
//! has none such it must be false, as that would be a call for each: `#[simd]` knows.
//!
//! # Source
//! Polynomials of `exp` and `ln`: Cephes 2.8, `expf.c` and `logf.c`. `erf`: below 0.9277 a minimax
//! polynomial of N. Juffa; beyond, that of least weighted error for the binary logarithm of
//! `1 − erf x`, found by Lawson's algorithm. Polynomials are taken in pairs of terms (Estrin), as a
//! processor would wait for each step of Horner's rule.

use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use super::gemm::Tiled;
use crate::dtype::Element;

/// An element type that computes: `f32` or `f64`.
pub(crate) trait Float:
    Element
    + Tiled
    + PartialOrd
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
{
    const ZERO: Self;
    const ONE: Self;
    const INFINITY: Self;

    /// `eˣ`; in `f32` within 1.1 ulp.
    fn exp<const FMA: bool>(self) -> Self;
    /// `eˣ − 1`; in `f32` within 2 ulp.
    fn exp_m1<const FMA: bool>(self) -> Self;
    /// Natural logarithm; in `f32` within 1 ulp.
    fn ln<const FMA: bool>(self) -> Self;
    /// `ln(1 + x)`; in `f32` within 2 ulp.
    fn ln_1p<const FMA: bool>(self) -> Self;
    /// Hyperbolic tangent; in `f32` within 2.5 ulp.
    fn tanh<const FMA: bool>(self) -> Self;
    /// `1 / (1 + e⁻ˣ)`; in `f32` within 3 ulp.
    fn sigmoid<const FMA: bool>(self) -> Self;
    /// The error function; in `f32` within 2 ulp.
    fn erf<const FMA: bool>(self) -> Self;
    fn sin(self) -> Self;
    fn cos(self) -> Self;
    fn sqrt(self) -> Self;
    fn abs(self) -> Self;
    fn floor(self) -> Self;
    fn ceil(self) -> Self;
    /// The nearest integer, halves away from zero.
    fn round(self) -> Self;
    fn powf(self, exponent: Self) -> Self;
    fn is_nan(self) -> bool;

    /// The larger one; NaN if either is.
    #[inline(always)]
    fn maximum(self, other: Self) -> Self {
        if self > other || self.is_nan() { self } else { other }
    }

    /// The smaller one; NaN if either is.
    #[inline(always)]
    fn minimum(self, other: Self) -> Self {
        if self < other || self.is_nan() { self } else { other }
    }

    /// 1 of a condition that holds, else 0.
    #[inline(always)]
    fn truth(condition: bool) -> Self {
        if condition { Self::ONE } else { Self::ZERO }
    }

    /// −1, 0 or 1 by the sign; zeros and NaN are kept.
    #[inline(always)]
    fn sign(self) -> Self {
        if self > Self::ZERO {
            Self::ONE
        } else if self < Self::ZERO {
            -Self::ONE
        } else {
            self
        }
    }

    /// `ln(1 + eˣ)`, without overflow: `max(x, 0) + ln(1 + e^−|x|)`.
    #[inline(always)]
    fn softplus<const FMA: bool>(self) -> Self {
        let positive = if self > Self::ZERO { self } else { Self::ZERO };
        positive + (-self.abs()).exp::<FMA>().ln_1p::<FMA>()
    }
}

macro_rules! std_functions {
    ($ty:ident) => {
        const ZERO: $ty = 0.0;
        const ONE: $ty = 1.0;
        const INFINITY: $ty = $ty::INFINITY;

        #[inline(always)]
        fn sin(self) -> $ty {
            $ty::sin(self)
        }
        #[inline(always)]
        fn cos(self) -> $ty {
            $ty::cos(self)
        }
        #[inline(always)]
        fn sqrt(self) -> $ty {
            $ty::sqrt(self)
        }
        #[inline(always)]
        fn abs(self) -> $ty {
            $ty::abs(self)
        }
        #[inline(always)]
        fn floor(self) -> $ty {
            $ty::floor(self)
        }
        #[inline(always)]
        fn ceil(self) -> $ty {
            $ty::ceil(self)
        }
        #[inline(always)]
        fn round(self) -> $ty {
            $ty::round(self)
        }
        #[inline(always)]
        fn powf(self, exponent: $ty) -> $ty {
            $ty::powf(self, exponent)
        }
        #[inline(always)]
        fn is_nan(self) -> bool {
            $ty::is_nan(self)
        }
    };
}

impl Float for f32 {
    std_functions!(f32);

    #[inline(always)]
    fn exp<const FMA: bool>(self) -> f32 {
        // Beyond these the result is 0 or infinite; NaN passes.
        let Reduced { power, rest } = reduce::<FMA>(self.clamp(-104.0, 89.0));
        let value = 1.0 + expm1_of_rest::<FMA>(rest);
        // 2ⁿ in two factors: n is outside the range of one at both ends, and a denormal result
        // then rounds once.
        let half = power >> 1;
        value * power_of_two(half) * power_of_two(power - half)
    }

    #[inline(always)]
    fn exp_m1<const FMA: bool>(self) -> f32 {
        let Reduced { power, rest } = reduce::<FMA>(self.clamp(-18.0, 89.0));
        // 2ⁿ(e^r − 1) + (2ⁿ − 1), halved so that 2ⁿ never overflows before the result does.
        let scale = power_of_two(power - 1);
        let half = fma::<FMA>(scale, expm1_of_rest::<FMA>(rest), scale - 0.5);
        // The halves of the smallest numbers are not exact; there eˣ − 1 = x.
        if self.abs() < 1e-8 { self } else { half + half }
    }

    #[inline(always)]
    fn ln<const FMA: bool>(self) -> f32 {
        const SQRT_HALF: u32 = 0x3f35_04f3;
        let denormal = self < f32::MIN_POSITIVE;
        let scaled = if denormal { self * 8_388_608.0 } else { self }; // 2²³
        let bits = scaled.to_bits().wrapping_sub(SQRT_HALF);
        let exponent = (bits as i32 >> 23) - if denormal { 23 } else { 0 };
        let mantissa = f32::from_bits((bits & 0x007f_ffff) + SQRT_HALF); // [√½, √2)
        let value = ln_of_mantissa::<FMA>(mantissa - 1.0, exponent as f32);
        if self > 0.0 && self < f32::INFINITY {
            value
        } else if self == 0.0 {
            -f32::INFINITY
        } else if self > 0.0 {
            self
        } else {
            f32::NAN
        }
    }

    #[inline(always)]
    fn ln_1p<const FMA: bool>(self) -> f32 {
        let sum = 1.0 + self;
        // What rounding took from the sum, to first order.
        let lost = if self < 1.0 { self - (sum - 1.0) } else { 1.0 - (sum - self) };
        let value = Float::ln::<FMA>(sum) + lost / sum;
        if self.abs() < 1e-8 {
            self
        } else if sum > 0.0 && self < f32::INFINITY {
            value
        } else {
            Float::ln::<FMA>(sum)
        }
    }

    #[inline(always)]
    fn tanh<const FMA: bool>(self) -> f32 {
        let e = Float::exp_m1::<FMA>(-2.0 * self.abs());
        (-e / (e + 2.0)).copysign(self)
    }

    #[inline(always)]
    fn sigmoid<const FMA: bool>(self) -> f32 {
        let e = Float::exp::<FMA>(-self.abs());
        (if self < 0.0 { e } else { 1.0 }) / (1.0 + e)
    }

    #[inline(always)]
    fn erf<const FMA: bool>(self) -> f32 {
        let x = self.abs();
        let x = if x > 4.0 { 4.0 } else { x }; // beyond, 1; NaN passes
        let square = x * x;
        let fma = fma::<FMA>;
        let outer = {
            // log₂(1 − erf x)
            let fourth = square * square;
            let low = fma(-1.626_820_4, x, -2.996_536_5e-4);
            let middle = fma(-1.498_363e-1, x, -9.193_799e-1);
            let high = fma(2.813_860_5e-4, square, fma(-4.377_745e-3, x, 3.201_6e-2));
            1.0 - exp2::<FMA>(fma(fourth, high, fma(square, middle, low)))
        };
        let inner = {
            let p = fma(-5.967_617e-4, square, 4.991_194_2e-3);
            let p = fma(p, square, -2.676_813_5e-2);
            let p = fma(p, square, 1.128_199_25e-1);
            let p = fma(p, square, -3.761_253_4e-1);
            let p = fma(p, square, 1.283_791_7e-1);
            fma(p, x, x)
        };
        (if x > 0.927_734_4 { outer } else { inner }).copysign(self)
    }
}

/// `a · b + c`, rounded once if `FMA`.
#[inline(always)]
fn fma<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

/// `x = n · ln 2 + r` with whole `n` and `|r| ≤ ln 2 / 2`.
struct Reduced {
    power: i32,
    rest: f32,
}

#[inline(always)]
fn reduce<const FMA: bool>(x: f32) -> Reduced {
    // ln 2 in two parts, the first of 9 bits so that its product with n is exact.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let fma = fma::<FMA>;
    let (n, power) = nearest(fma(x, std::f32::consts::LOG2_E, ROUND));
    Reduced { power, rest: fma(-n, LN_2_LOW, fma(-n, LN_2_HIGH, x)) }
}

/// What added to an `x` below 2²¹ leaves the nearest integer in the low bits of the sum: 1.5 · 2²³.
const ROUND: f32 = 12_582_912.0;

/// The integer nearest to `x`, of `x + ROUND`.
#[inline(always)]
fn nearest(sum: f32) -> (f32, i32) {
    (sum - ROUND, sum.to_bits().wrapping_sub(ROUND.to_bits()) as i32)
}

/// `e^r − 1` for `|r| ≤ ln 2 / 2`.
#[inline(always)]
fn expm1_of_rest<const FMA: bool>(r: f32) -> f32 {
    let fma = fma::<FMA>;
    let square = r * r;
    let low = fma(1.666_666_5e-1, r, 5e-1);
    let middle = fma(8.333_452e-3, r, 4.166_579_6e-2);
    let high = fma(1.987_569_1e-4, r, 1.398_2e-3);
    fma(fma(square * square, high, fma(square, middle, low)), square, r)
}

/// `2ˣ` for a normal result, within some 2 ulp.
#[inline(always)]
fn exp2<const FMA: bool>(x: f32) -> f32 {
    let fma = fma::<FMA>;
    let (n, power) = nearest(x + ROUND);
    let r = x - n;
    let square = r * r;
    let low = fma(6.931_469_4e-1, r, 1.0);
    let middle = fma(5.550_713_5e-2, r, 2.402_212e-1);
    let high = fma(1.327_646_9e-3, r, 9.675_541e-3);
    fma(square * square, high, fma(square, middle, low)) * power_of_two(power)
}

/// `2ⁿ` for a normal result; any value for other `n`, which come from NaN only.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

/// `ln((1 + f) · 2ⁿ)` for `1 + f` in `[√½, √2)`.
#[inline(always)]
fn ln_of_mantissa<const FMA: bool>(f: f32, n: f32) -> f32 {
    let square = f * f;
    let fourth = square * square;
    let fma = fma::<FMA>;
    let first = fma(-2.5e-1, f, 3.333_333e-1);
    let second = fma(-1.666_805_8e-1, f, 2.000_071_5e-1);
    let third = fma(-1.242_014_1e-1, f, 1.424_932_3e-1);
    let last = fma(7.037_684e-2, square, fma(-1.151_461e-1, f, 1.167_699_9e-1));
    let p = fma(fourth, fma(square, last, third), fma(square, second, first));
    let tail = fma(-0.5, square, fma(n, -2.121_944_4e-4, p * f * square));
    fma(n, 0.693_359_4, f + tail)
}

impl Float for f64 {
    std_functions!(f64);

    #[inline(always)]
    fn exp<const FMA: bool>(self) -> f64 {
        f64::exp(self)
    }
    #[inline(always)]
    fn exp_m1<const FMA: bool>(self) -> f64 {
        f64::exp_m1(self)
    }
    #[inline(always)]
    fn ln<const FMA: bool>(self) -> f64 {
        f64::ln(self)
    }
    #[inline(always)]
    fn ln_1p<const FMA: bool>(self) -> f64 {
        f64::ln_1p(self)
    }
    #[inline(always)]
    fn tanh<const FMA: bool>(self) -> f64 {
        f64::tanh(self)
    }
    #[inline(always)]
    fn sigmoid<const FMA: bool>(self) -> f64 {
        let e = f64::exp(-self.abs());
        (if self < 0.0 { e } else { 1.0 }) / (1.0 + e)
    }
    #[inline]
    fn erf<const FMA: bool>(self) -> f64 {
        erf(self)
    }
}

/// The error function: its power series near zero, its continued fraction beyond.
///
/// # Source
/// Abramowitz & Stegun 7.1.6 and 7.1.14.
fn erf(x: f64) -> f64 {
    let square = x * x;
    if square < 9.0 {
        // 2/√π · e^−x² · Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)): all terms have one sign.
        let (mut sum, mut term, mut odd) = (x, x, 1.0);
        while term.abs() > sum.abs() * 1e-17 {
            odd += 2.0;
            term *= 2.0 * square / odd;
            sum += term;
        }
        std::f64::consts::FRAC_2_SQRT_PI * (-square).exp() * sum
    } else if x.is_nan() {
        x
    } else {
        // erfc x = e^−x² / √π · 1/(x + ½/(x + 1/(x + 3⁄2/(x + …))))
        let x_abs = x.abs();
        let fraction = (1..=60).rev().fold(x_abs, |rest, n| x_abs + 0.5 * f64::from(n) / rest);
        let erfc = 0.5 * std::f64::consts::FRAC_2_SQRT_PI * (-square).exp() / fraction;
        (1.0 - erfc).copysign(x)
    }
}

#[cfg(test)]
mod tests;
