//! Floating-point numbers of 16 bits, which are stored and converted but do not compute.

#![allow(unsafe_code)]

use std::cmp::Ordering;
use std::fmt;

/// Bits of an `f64` below its exponent.
const F64_MANTISSA: u32 = f64::MANTISSA_DIGITS - 1;
const F64_BIAS: i32 = f64::MAX_EXP - 1;

macro_rules! half {
    ($(#[$doc:meta])* $name:ident, mantissa $mantissa:literal, bias $bias:literal) => {
        $(#[$doc])*
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, Default)]
        #[repr(transparent)]
        pub struct $name(u16);

        // SAFETY: it is a `u16`, of which every pattern of bits is a value.
        unsafe impl bytemuck::Zeroable for $name {}
        // SAFETY: the same, and it has no padding.
        unsafe impl bytemuck::Pod for $name {}

        impl $name {
            const INFINITY_BITS: u16 = 0x7fff >> $mantissa << $mantissa;

            /// 0.
            pub const ZERO: $name = $name(0);
            /// 1.
            pub const ONE: $name = $name($bias << $mantissa);
            /// The largest finite value.
            pub const MAX: $name = $name($name::INFINITY_BITS - 1);
            /// The smallest finite value.
            pub const MIN: $name = $name($name::MAX.0 | 0x8000);
            /// Positive infinity.
            pub const INFINITY: $name = $name($name::INFINITY_BITS);
            /// Not a number.
            pub const NAN: $name = $name($name::INFINITY_BITS | 1 << ($mantissa - 1));

            /// The number of these bits.
            pub const fn from_bits(bits: u16) -> $name {
                $name(bits)
            }

            /// The bits of the number.
            pub const fn to_bits(self) -> u16 {
                self.0
            }

            /// The number of these bytes, lowest first.
            pub const fn from_le_bytes(bytes: [u8; 2]) -> $name {
                $name(u16::from_le_bytes(bytes))
            }

            /// The bytes of the number, lowest first.
            pub const fn to_le_bytes(self) -> [u8; 2] {
                self.0.to_le_bytes()
            }

            /// The nearest number; of two that are equally near, the one whose last bit is 0.
            pub fn from_f32(value: f32) -> $name {
                $name::from_f64(f64::from(value))
            }

            /// The nearest number; of two that are equally near, the one whose last bit is 0.
            pub fn from_f64(value: f64) -> $name {
                const LEAST: i32 = 1 - $bias;
                let bits = value.to_bits();
                let sign = (bits >> 48) as u16 & 0x8000;
                if value.is_nan() {
                    let payload = (bits >> (F64_MANTISSA - $mantissa)) as u16;
                    return $name(sign | $name::NAN.0 | payload & !$name::INFINITY_BITS & 0x7fff);
                }
                let exponent = (bits >> F64_MANTISSA & 0x7ff) as i32 - F64_BIAS;
                // Below the least exponent fewer bits of the mantissa are left.
                let shift = F64_MANTISSA - $mantissa + (LEAST - exponent).max(0) as u32;
                if shift > F64_MANTISSA + 1 {
                    return $name(sign);
                }
                let one = 1u64 << F64_MANTISSA;
                let significand = bits & (one - 1) | one;
                let (kept, rest) = (significand >> shift, significand & ((1 << shift) - 1));
                let up = rest + (kept & 1) > 1 << (shift - 1);
                // The leading bit of `kept` counts as one exponent, and so does a carry into it.
                let exponents = (exponent.max(LEAST) - LEAST) as u64;
                let magnitude = (exponents << $mantissa) + kept + u64::from(up);
                $name(sign | magnitude.min(u64::from($name::INFINITY_BITS)) as u16)
            }

            /// Whether it is not a number.
            pub const fn is_nan(self) -> bool {
                self.0 & 0x7fff > $name::INFINITY_BITS
            }

            /// The same number.
            pub fn to_f32(self) -> f32 {
                self.to_f64() as f32
            }

            /// The same number.
            pub fn to_f64(self) -> f64 {
                let (exponent, mantissa) =
                    ((self.0 & 0x7fff) >> $mantissa, u64::from(self.0 & ((1 << $mantissa) - 1)));
                let exponent = if self.0 & $name::INFINITY_BITS == $name::INFINITY_BITS {
                    0x7ff
                } else if exponent == 0 {
                    let least = f64::from_bits(((1 - $bias - $mantissa + F64_BIAS) as u64) << F64_MANTISSA);
                    return (mantissa as f64 * least).copysign(self.sign());
                } else {
                    (i32::from(exponent) - $bias + F64_BIAS) as u64
                };
                f64::from_bits(exponent << F64_MANTISSA | mantissa << (F64_MANTISSA - $mantissa))
                    .copysign(self.sign())
            }

            /// 1 with the sign of the number.
            fn sign(self) -> f64 {
                if self.0 & 0x8000 == 0 { 1.0 } else { -1.0 }
            }
        }

        impl From<$name> for f32 {
            fn from(value: $name) -> f32 {
                value.to_f32()
            }
        }

        impl From<$name> for f64 {
            fn from(value: $name) -> f64 {
                value.to_f64()
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &$name) -> bool {
                self.to_f32() == other.to_f32()
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &$name) -> Option<Ordering> {
                self.to_f32().partial_cmp(&other.to_f32())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.to_f32(), f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.to_f32(), f)
            }
        }
    };
}

half! {
    /// A number of IEEE 754's `binary16`: 11 bits of precision, up to 65504.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::dtype::f16;
    ///
    /// assert_eq!(f16::from_f32(0.1).to_f32(), 0.099975586);
    /// assert_eq!(f16::from_f64(1e6), f16::INFINITY);
    /// ```
    f16, mantissa 10, bias 15
}

half! {
    /// The upper half of an `f32`: its range, with 8 bits of precision.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::dtype::bf16;
    ///
    /// assert_eq!(bf16::from_f32(0.1).to_f32(), 0.100097656);
    /// assert_eq!(bf16::from_f32(1e30).to_f32(), 1.00025555e30);
    /// ```
    bf16, mantissa 7, bias 127
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every number against the crate `half`, and values between it and the next.
    macro_rules! check {
        ($name:ident) => {
            for bits in 0..=u16::MAX {
                let (own, theirs) = ($name::from_bits(bits), ::half::$name::from_bits(bits));
                assert_eq!(own.to_le_bytes(), theirs.to_le_bytes());
                assert_eq!(own.is_nan(), theirs.is_nan(), "{bits:#x}");
                assert_eq!(own.to_f64().to_bits() >> 63, u64::from(bits >> 15), "{bits:#x}");
                if theirs.is_nan() {
                    assert!($name::from_f64(own.to_f64()).is_nan(), "{bits:#x}");
                    continue;
                }
                assert_eq!(own.to_f32(), theirs.to_f32(), "{bits:#x}");
                assert_eq!(own.to_f64(), theirs.to_f64(), "{bits:#x}");
                assert_eq!(own.to_string(), theirs.to_string());
                assert_eq!(format!("{own:?}"), format!("{theirs:?}"));
                assert_eq!($name::from_f64(own.to_f64()).to_bits(), bits);
                // What lies between two numbers becomes the nearer one, in the middle the even one.
                let (next, after) = (bits + 1, $name::from_bits(bits.wrapping_add(1)).to_f64());
                if bits >> 15 == 1 || !after.is_finite() {
                    continue;
                }
                let middle = own.to_f64() + (after - own.to_f64()) / 2.0;
                let even = bits + (bits & 1);
                for (value, expected) in
                    [(middle.next_down(), bits), (middle, even), (middle.next_up(), next)]
                {
                    assert_eq!($name::from_f64(value).to_bits(), expected, "{value:e}");
                    assert_eq!($name::from_f64(-value).to_bits(), expected | 0x8000, "-{value:e}");
                }
                for value in [middle as f32, (middle as f32).next_down(), (middle as f32).next_up()]
                {
                    let expected = ::half::$name::from_f32(value);
                    assert_eq!($name::from_f32(value).to_bits(), expected.to_bits(), "{value:e}");
                }
            }
            for value in
                [f64::MIN_POSITIVE, 5e-324, f64::MAX, -f64::MAX, f64::INFINITY, 65519.0, 65520.0]
            {
                let expected = ::half::$name::from_f64(value);
                assert_eq!($name::from_f64(value).to_bits(), expected.to_bits(), "{value:e}");
            }
            for (own, theirs) in [
                ($name::ZERO, ::half::$name::ZERO),
                ($name::ONE, ::half::$name::ONE),
                ($name::MAX, ::half::$name::MAX),
                ($name::MIN, ::half::$name::MIN),
                ($name::INFINITY, ::half::$name::INFINITY),
            ] {
                assert_eq!(own.to_bits(), theirs.to_bits());
            }
            assert!($name::NAN.is_nan() && $name::NAN != $name::NAN);
            assert!($name::MIN < $name::ZERO && $name::ONE < $name::MAX);
        };
    }

    #[test]
    fn every_f16_is_what_it_is_elsewhere() {
        check!(f16);
    }

    #[test]
    fn every_bf16_is_what_it_is_elsewhere() {
        check!(bf16);
    }
}
