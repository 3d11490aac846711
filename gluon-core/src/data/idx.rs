//! IDX: the file format of MNIST, one array of numbers per file.

mod reader;

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::shape::Shape;

/// An array of an IDX file: a shape and elements of one type.
///
/// Elements are `u8`, `i8`, `i16`, `i32`, `f32` or `f64`. They are kept as the file has them and
/// converted when asked for.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::data::Idx;
///
/// let labels = Idx::new([3], &[5u8, 0, 4])?;
/// let copy = Idx::from_bytes(&labels.to_bytes(), "labels")?;
/// assert_eq!(copy.shape(), [3]);
/// assert_eq!(copy.as_u8(), Some(&[5, 0, 4][..]));
/// assert_eq!(copy.into_vec_f32(), [5.0, 0.0, 4.0]);
/// # Ok::<(), gluon::Error>(())
/// ```
///
/// # Source
/// LeCun, Cortes & Burges, *The MNIST database of handwritten digits*, 1998, section "the IDX file
/// format": two zero bytes, a type code, the number of axes, the sizes (32 bits each), the
/// elements in row-major order; all big-endian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx {
    shape: Shape,
    /// One of [`TYPES`].
    dtype: DType,
    /// The elements in row-major order, big-endian.
    bytes: Vec<u8>,
}

/// The element types of the format and their codes.
const TYPES: [(DType, u8); 6] = [
    (DType::U8, 0x08),
    (DType::I8, 0x09),
    (DType::I16, 0x0b),
    (DType::I32, 0x0c),
    (DType::F32, 0x0d),
    (DType::F64, 0x0e),
];

impl Idx {
    /// The array of this shape with these elements.
    ///
    /// # Errors
    /// [`Error::ElementCount`] if there are more or fewer than the shape has, and
    /// [`Error::BadArgument`] if the format has no code for their type or no room for a size.
    pub fn new<E: Element>(shape: impl Into<Shape>, values: &[E]) -> Result<Idx> {
        let shape = shape.into();
        let bad = |argument, expected, found| {
            Err(Error::BadArgument { op: "Idx::new", argument, expected, found })
        };
        let Some(bytes) = encode(values) else {
            let expected = "uint8, int8, int16, int32, float32 or float64";
            return bad("values", expected, E::DTYPE.to_string());
        };
        let fits = shape.iter().all(|&size| u32::try_from(size).is_ok());
        if !fits || E::DTYPE.byte_len(&shape).is_none() {
            let expected = "of sizes below 2³² and a product that memory can hold";
            return bad("shape", expected, shape.to_string());
        }
        if shape.size() != values.len() {
            let (expected, found) = (shape.size(), values.len());
            return Err(Error::ElementCount { op: "Idx::new", shape, expected, found });
        }
        Ok(Idx { shape, dtype: E::DTYPE, bytes })
    }

    /// Reads a file, also one compressed with gzip, which its first bytes tell; its elements may take
    /// 64 MiB or 256 times the file's size when inflated, whichever is more.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read, or is compressed and the feature `gzip` is off;
    /// [`Error::Format`] if it is not an IDX file, ends early, or goes on after the last element.
    /// Offsets count in the uncompressed data.
    pub fn open(path: impl AsRef<Path>) -> Result<Idx> {
        let path = path.as_ref();
        let io = Error::io("read", path);
        let file = File::open(path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        reader::read(file, size, path)
    }

    /// Reads the bytes of a file, also one compressed with gzip; `name` stands for the file in
    /// errors.
    ///
    /// # Errors
    /// As [`open`](Idx::open).
    pub fn from_bytes(bytes: &[u8], name: impl AsRef<Path>) -> Result<Idx> {
        reader::read(bytes, bytes.len() as u64, name.as_ref())
    }

    /// The bytes of a file with this array, not compressed.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut file = Vec::with_capacity(4 + 4 * self.shape.rank() + self.bytes.len());
        let code =
            TYPES.iter().find(|(dtype, _)| *dtype == self.dtype).map_or(0, |(_, code)| *code);
        file.extend([0, 0, code, self.shape.rank() as u8]);
        for &size in self.shape.iter() {
            file.extend((size as u32).to_be_bytes()); // `new` and the reader allow no larger ones
        }
        file.extend(&self.bytes);
        file
    }

    /// Writes a file; compressed with gzip if the name ends in `.gz`.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be written, or is to be compressed and the feature `gzip`
    /// is off.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let mut bytes = Ok(self.to_bytes());
        if path.extension().is_some_and(|extension| extension == "gz") {
            bytes = bytes.and_then(|bytes| compress(&bytes));
        }
        bytes.and_then(|bytes| fs::write(path, bytes)).map_err(Error::io("write", path))
    }

    /// The shape.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The type of the elements: `U8`, `I8`, `I16`, `I32`, `F32` or `F64`.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The elements in row-major order, without a copy, or `None` if they are not `u8`.
    pub fn as_u8(&self) -> Option<&[u8]> {
        (self.dtype == DType::U8).then_some(&self.bytes)
    }

    /// The elements in row-major order as `E`, converted by [`Element::from_f64`].
    pub fn to_vec<E: Element>(&self) -> Vec<E> {
        fn decode<const N: usize, T: Element, E: Element>(
            bytes: &[u8],
            from_be_bytes: impl Fn([u8; N]) -> T,
        ) -> Vec<E> {
            let (elements, _) = bytes.as_chunks::<N>();
            elements.iter().map(|&element| E::from_f64(from_be_bytes(element).to_f64())).collect()
        }
        match self.dtype {
            DType::U8 => decode(&self.bytes, u8::from_be_bytes),
            DType::I8 => decode(&self.bytes, i8::from_be_bytes),
            DType::I16 => decode(&self.bytes, i16::from_be_bytes),
            DType::I32 => decode(&self.bytes, i32::from_be_bytes),
            DType::F32 => decode(&self.bytes, f32::from_be_bytes),
            DType::F64 => decode(&self.bytes, f64::from_be_bytes),
            _ => unreachable!("`new` and the reader allow only the types above"),
        }
    }

    /// The elements in row-major order as `f32`; pixels stay in 0 to 255.
    pub fn into_vec_f32(self) -> Vec<f32> {
        self.to_vec()
    }
}

/// The elements as the format has them, or `None` if it lacks their type.
fn encode<E: Element>(values: &[E]) -> Option<Vec<u8>> {
    TYPES.iter().find(|(dtype, _)| *dtype == E::DTYPE)?;
    let mut bytes = E::encode(values);
    bytes.chunks_exact_mut(E::DTYPE.size()).for_each(<[u8]>::reverse);
    Some(bytes)
}

#[cfg(feature = "gzip")]
fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[cfg(not(feature = "gzip"))]
fn compress(_: &[u8]) -> io::Result<Vec<u8>> {
    Err(no_gzip())
}

/// Why compressed files cannot be handled.
#[cfg(not(feature = "gzip"))]
fn no_gzip() -> io::Error {
    let reason = "it is compressed with gzip: decompress it, or build with the feature `gzip`";
    io::Error::new(io::ErrorKind::Unsupported, reason)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[track_caller]
    fn assert_round_trip<E: Element>(values: [E; 4]) {
        let array = Idx::new([2, 2], &values).unwrap();
        let copy = Idx::from_bytes(&array.to_bytes(), "copy").unwrap();
        assert_eq!(copy, array);
        assert_eq!(copy.dtype(), E::DTYPE);
        assert_eq!(copy.to_vec::<E>(), values);
    }

    #[test]
    fn every_type_round_trips() {
        assert_round_trip([0u8, 1, 128, 255]);
        assert_round_trip([0i8, -1, -128, 127]);
        assert_round_trip([0i16, -2, i16::MIN, i16::MAX]);
        assert_round_trip([0i32, -3, i32::MIN, i32::MAX]);
        assert_round_trip([0.1f32, f32::MIN_POSITIVE, f32::NEG_INFINITY, f32::MAX]);
        assert_round_trip([0.1f64, 5e-324, f64::NEG_INFINITY, f64::MAX]);
    }

    #[test]
    fn bytes_are_as_the_format_says() {
        let array = Idx::new([1, 2], &[1i16, -2]).unwrap();
        let expected = [0, 0, 0x0b, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0xff, 0xfe];
        assert_eq!(array.to_bytes(), expected);
        assert_eq!(array.as_u8(), None);
        assert_eq!(array.into_vec_f32(), [1.0, -2.0]);
    }

    #[test]
    fn files_round_trip() {
        let folder = tempfile::tempdir().unwrap();
        let array = Idx::new([1000, 3], &[7u8; 3000]).unwrap();
        let plain = folder.path().join("plain");
        array.save(&plain).unwrap();
        assert_eq!(Idx::open(&plain).unwrap(), array);

        let compressed = folder.path().join("compressed.gz");
        let saved = array.save(&compressed);
        if cfg!(feature = "gzip") {
            saved.unwrap();
            assert!(fs::metadata(&compressed).unwrap().len() < 100);
            assert_eq!(Idx::open(&compressed).unwrap(), array);
        } else {
            assert!(matches!(saved.unwrap_err(), Error::Io { .. }));
        }
    }

    #[test]
    fn impossible_arrays_are_refused() {
        let error = Idx::new([2], &[1i64, 2]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`Idx::new` expected `values` to be uint8, int8, int16, int32, float32 or float64, \
             found int64"
        );
        let error = Idx::new([3], &[1u8, 2]).unwrap_err();
        assert!(matches!(error, Error::ElementCount { expected: 3, found: 2, .. }));
        let error = Idx::new([0, u32::MAX as usize, u32::MAX as usize], &[0u8; 0]).unwrap_err();
        assert!(matches!(error, Error::BadArgument { argument: "shape", .. }));
    }

    #[test]
    fn missing_files_are_named() {
        let error = Idx::open("no/such/file").unwrap_err();
        assert_eq!(error.to_string(), "cannot read `no/such/file`");
        assert!(std::error::Error::source(&error).is_some());
    }
}
