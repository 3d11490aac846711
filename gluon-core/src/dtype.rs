//! Data types: what one element of a tensor is.

mod half;

use std::fmt;

use crate::shape::Shape;
pub use half::{bf16, f16};

/// The type of a tensor's elements.
///
/// `F32` and `F64` compute; `F16` and `BF16` are stored, converted, compared and saved. Prints NumPy's
/// name (`float32`).
///
/// # Integers
/// Integers, and `Bool` as 0 and 1, are indices, counts and masks: they are compared, chosen, sorted,
/// added, subtracted and multiplied, and have `maximum`, `minimum`, `pow` to whole numbers, `neg`,
/// `abs`, `sign`, `square`, `relu` and `clip`, extremes, sums and products. The last two, also running
/// ones, are `I64`, of `U64` they are `U64`. All of it is exact: a result that its type does not have is
/// [`Error::BadDType`](crate::Error::BadDType).
///
/// ```
/// # use gluon_core as gluon;
/// # use gluon::Tensor;
/// let (guess, label) = (Tensor::from([2i64, 0, 1]), Tensor::from([2i64, 1, 1]));
/// assert_eq!(guess.eq(&label)?.sum()?.item()?, 2.0);
/// assert_eq!((&label * 10) + 1, Tensor::from([21i64, 11, 11]));
/// assert!(Tensor::from([200u8]).add(100).is_err());
/// # Ok::<(), gluon::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DType {
    /// 32-bit IEEE 754 floating point; the default.
    #[default]
    F32,
    /// 64-bit IEEE 754 floating point.
    F64,
    /// 16-bit IEEE 754 floating point.
    F16,
    /// The upper half of an `F32`: its range, with 8 bits of precision.
    BF16,
    /// Signed 8-bit integer.
    I8,
    /// Signed 16-bit integer.
    I16,
    /// Signed 32-bit integer.
    I32,
    /// Signed 64-bit integer.
    I64,
    /// Unsigned 8-bit integer.
    U8,
    /// Unsigned 16-bit integer.
    U16,
    /// Unsigned 32-bit integer.
    U32,
    /// Unsigned 64-bit integer.
    U64,
    /// Truth value, one byte.
    Bool,
}

impl DType {
    /// Every type.
    pub const ALL: [DType; 13] = [
        DType::F32,
        DType::F64,
        DType::F16,
        DType::BF16,
        DType::I8,
        DType::I16,
        DType::I32,
        DType::I64,
        DType::U8,
        DType::U16,
        DType::U32,
        DType::U64,
        DType::Bool,
    ];

    /// The size of one element in bytes.
    pub fn size(self) -> usize {
        match self {
            DType::I8 | DType::U8 | DType::Bool => 1,
            DType::F16 | DType::BF16 | DType::I16 | DType::U16 => 2,
            DType::F32 | DType::I32 | DType::U32 => 4,
            DType::F64 | DType::I64 | DType::U64 => 8,
        }
    }

    /// The bytes of a tensor of this type and shape; `None` if there can be none so large.
    pub(crate) fn byte_len(self, shape: &Shape) -> Option<usize> {
        let len = shape.checked_size()?.checked_mul(self.size())?;
        isize::try_from(len).is_ok().then_some(len)
    }

    /// NumPy's name of the type; `bfloat16`, which NumPy lacks, is called as everywhere else.
    pub fn name(self) -> &'static str {
        match self {
            DType::F32 => "float32",
            DType::F64 => "float64",
            DType::F16 => "float16",
            DType::BF16 => "bfloat16",
            DType::I8 => "int8",
            DType::I16 => "int16",
            DType::I32 => "int32",
            DType::I64 => "int64",
            DType::U8 => "uint8",
            DType::U16 => "uint16",
            DType::U32 => "uint32",
            DType::U64 => "uint64",
            DType::Bool => "bool",
        }
    }

    /// Whether the elements are floating-point numbers, of any size.
    pub fn is_float(self) -> bool {
        matches!(self, DType::F32 | DType::F64 | DType::F16 | DType::BF16)
    }

    /// Whether the elements are floats that layers and gradients compute with: `F32` or `F64`.
    pub fn computes(self) -> bool {
        matches!(self, DType::F32 | DType::F64)
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The bytes of elements: what files hold. Sealed, so that every element has a [`DType`].
pub(crate) mod sealed {
    /// Conversion between elements and their bytes, lowest byte first.
    pub trait LeBytes: Sized {
        /// What has the same bits: the unsigned integer of the same size.
        type Bits: super::Element;

        /// The bits of `values`.
        fn bits(values: &[Self]) -> &[Self::Bits];

        /// The bits of `values`, to be overwritten.
        fn bits_mut(values: &mut [Self]) -> &mut [Self::Bits];

        /// The bytes of `values`, one after another.
        fn encode(values: &[Self]) -> Vec<u8>;

        /// The elements whose bytes these are; bytes too few for another element are left out.
        fn decode(bytes: &[u8]) -> Vec<Self>;

        /// The bytes of `values` where they lie, if the machine keeps the lowest byte first.
        fn in_place(values: &[Self]) -> Option<&[u8]>;

        /// The same, to be overwritten; `None` also if some bytes are not an element.
        fn in_place_mut(values: &mut [Self]) -> Option<&mut [u8]>;
    }
}

/// A Rust type that can be an element of a tensor.
///
/// Implemented for `f32`, `f64`, [`f16`](struct@f16), [`bf16`], the integers of 8 to 64 bits, and `bool`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an element of a tensor",
    note = "elements are `f32`, `f64`, `f16`, `bf16`, `bool`, or integers of 8 to 64 bits such as `i64` and `u8`"
)]
pub trait Element:
    sealed::LeBytes
    + crate::buffer::Stored
    + Copy
    + Default
    + PartialEq
    + fmt::Debug
    + fmt::Display
    + Send
    + Sync
    + 'static
{
    /// The run-time name of this type.
    const DTYPE: DType;

    /// The value as `f64`; integers beyond 2⁵³ round, `true` is 1.
    fn to_f64(self) -> f64;

    /// The nearest value of this type: integers truncate towards zero and saturate, every number
    /// but 0 is `true`.
    fn from_f64(value: f64) -> Self;
}

/// Turns elements of `size` bytes from the machine's order of bytes to the lowest first, or back.
fn swap_to_le(bytes: &mut [u8], size: usize) {
    if cfg!(target_endian = "big") {
        bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }
}

macro_rules! le_bytes {
    ($($ty:ident $bits:ident)*) => {$(
        impl sealed::LeBytes for $ty {
            type Bits = $bits;

            fn bits(values: &[$ty]) -> &[$bits] {
                bytemuck::cast_slice(values)
            }

            fn bits_mut(values: &mut [$ty]) -> &mut [$bits] {
                bytemuck::cast_slice_mut(values)
            }

            fn encode(values: &[$ty]) -> Vec<u8> {
                let mut bytes = bytemuck::cast_slice(values).to_vec();
                swap_to_le(&mut bytes, size_of::<$ty>());
                bytes
            }

            fn decode(bytes: &[u8]) -> Vec<$ty> {
                let mut elements = vec![$ty::default(); bytes.len() / size_of::<$ty>()];
                let own: &mut [u8] = bytemuck::cast_slice_mut(&mut elements);
                own.copy_from_slice(&bytes[..own.len()]);
                swap_to_le(own, size_of::<$ty>());
                elements
            }

            fn in_place(values: &[$ty]) -> Option<&[u8]> {
                cfg!(target_endian = "little").then(|| bytemuck::cast_slice(values))
            }

            fn in_place_mut(values: &mut [$ty]) -> Option<&mut [u8]> {
                cfg!(target_endian = "little").then(|| bytemuck::cast_slice_mut(values))
            }
        }
    )*};
}

le_bytes!(f32 u32 f64 u64 f16 u16 bf16 u16 i8 u8 i16 u16 i32 u32 i64 u64 u8 u8 u16 u16 u32 u32 u64 u64);

impl sealed::LeBytes for bool {
    /// Not every byte is a `bool`.
    type Bits = bool;

    fn bits(values: &[bool]) -> &[bool] {
        values
    }

    fn bits_mut(values: &mut [bool]) -> &mut [bool] {
        values
    }

    fn encode(values: &[bool]) -> Vec<u8> {
        values.iter().map(|&value| u8::from(value)).collect()
    }

    /// Every byte but 0 is `true`.
    fn decode(bytes: &[u8]) -> Vec<bool> {
        bytes.iter().map(|&byte| byte != 0).collect()
    }

    fn in_place(values: &[bool]) -> Option<&[u8]> {
        Some(bytemuck::cast_slice(values))
    }

    /// Bytes other than 0 and 1 are not a `bool`.
    fn in_place_mut(_: &mut [bool]) -> Option<&mut [u8]> {
        None
    }
}

macro_rules! element {
    ($($ty:ident $dtype:ident)*) => {$(
        impl Element for $ty {
            const DTYPE: DType = DType::$dtype;

            #[inline]
            fn to_f64(self) -> f64 {
                self as f64
            }

            #[inline]
            fn from_f64(value: f64) -> $ty {
                value as $ty
            }
        }
    )*};
}

element!(f32 F32 f64 F64 i8 I8 i16 I16 i32 I32 i64 I64 u8 U8 u16 U16 u32 U32 u64 U64);

macro_rules! half_element {
    ($($ty:ident $dtype:ident)*) => {$(
        impl Element for $ty {
            const DTYPE: DType = DType::$dtype;

            #[inline]
            fn to_f64(self) -> f64 {
                $ty::to_f64(self)
            }

            #[inline]
            fn from_f64(value: f64) -> $ty {
                $ty::from_f64(value)
            }
        }
    )*};
}

half_element!(f16 F16 bf16 BF16);

impl Element for bool {
    const DTYPE: DType = DType::Bool;

    fn to_f64(self) -> f64 {
        f64::from(u8::from(self))
    }

    fn from_f64(value: f64) -> bool {
        value != 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::sealed::LeBytes;
    use super::*;

    fn check<T: Element>(values: &[f64]) {
        let elements: Vec<T> = values.iter().map(|&value| T::from_f64(value)).collect();
        let bytes = T::encode(&elements);
        assert_eq!(bytes.len(), values.len() * T::DTYPE.size(), "{}", T::DTYPE);
        assert_eq!(T::decode(&bytes), elements, "{}", T::DTYPE);
        if let Some(in_place) = T::in_place(&elements) {
            assert_eq!(in_place, bytes, "{}", T::DTYPE);
        }
        let mut copy = vec![T::default(); elements.len()];
        if let Some(in_place) = T::in_place_mut(&mut copy) {
            in_place.copy_from_slice(&bytes);
            assert_eq!(copy, elements, "{}", T::DTYPE);
        }
        let back: Vec<f64> = elements.iter().map(|element| element.to_f64()).collect();
        assert_eq!(back, values, "{}", T::DTYPE);
    }

    #[test]
    fn elements_survive_their_bytes() {
        check::<f32>(&[-1.5, 0.0, 2.0]);
        check::<f64>(&[-1.5, 0.0, 1e300]);
        check::<f16>(&[-1.5, 0.0, 65504.0]);
        check::<bf16>(&[-1.5, 0.0, 256.0]);
        check::<i8>(&[-128.0, 0.0, 127.0]);
        check::<i16>(&[-32768.0, 0.0, 258.0]);
        check::<i32>(&[-70000.0, 0.0, 70000.0]);
        check::<i64>(&[-5e9, 0.0, 5e9]);
        check::<u8>(&[0.0, 255.0]);
        check::<u16>(&[0.0, 65535.0]);
        check::<u32>(&[0.0, 4e9]);
        check::<u64>(&[0.0, 5e9]);
        check::<bool>(&[0.0, 1.0]);
    }

    #[test]
    fn not_every_float_computes() {
        let those = |is: fn(DType) -> bool| DType::ALL.into_iter().filter(move |&dtype| is(dtype));
        assert!(those(DType::is_float).eq([DType::F32, DType::F64, DType::F16, DType::BF16]));
        assert!(those(DType::computes).eq([DType::F32, DType::F64]));
    }

    #[test]
    fn sizes_beyond_memory_have_no_bytes() {
        let half = 1 << (usize::BITS / 2);
        for shape in [[half, half, 1], [half, half, 0], [0, half, half], [half, half / 4, 1]] {
            assert_eq!(DType::F32.byte_len(&Shape::from(shape)), None, "{shape:?}");
        }
        assert_eq!(DType::F64.byte_len(&Shape::from([2, 3])), Some(48));
        assert_eq!(DType::F64.byte_len(&Shape::from([half, half / 4, 0])), Some(0));
    }

    #[test]
    fn bytes_are_lowest_first() {
        assert_eq!(u32::encode(&[0x0403_0201, 5]), [1, 2, 3, 4, 5, 0, 0, 0]);
        assert_eq!(bf16::encode(&[bf16::ONE]), [0x80, 0x3f]);
        assert_eq!(u16::decode(&[1, 2, 3]), [0x0201], "half an element is left out");
        assert_eq!(bool::decode(&[0, 1, 2]), [false, true, true]);
    }
}
