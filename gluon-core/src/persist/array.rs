//! Arrays as files hold them: an element type, a shape, and the bytes of the elements.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::source::Bytes;
use crate::buffer::for_dtype;
use crate::dtype::sealed::LeBytes;
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// Elements of one type in a shape, row-major, each element's lowest byte first.
///
/// A clone shares the bytes, and so do the arrays read from one file: as long as one of them
/// lives, so do the bytes of the whole file. An array made from a tensor shares its values.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::persist::Array;
/// use gluon::{DType, Shape};
///
/// let array = Array::from_elements(Shape::from([2]), &[1.0f32, -2.0])?;
/// assert_eq!(array.dtype(), DType::F32);
/// assert_eq!(array.bytes(), [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
/// assert_eq!(array.to_vec::<f32>()?, [1.0, -2.0]);
/// # Ok::<(), gluon::Error>(())
/// ```
#[derive(Clone)]
pub struct Array {
    dtype: DType,
    shape: Shape,
    elements: Elements,
}

/// Where the elements lie.
#[derive(Clone)]
enum Elements {
    /// In a range of the bytes of a file.
    Bytes(Bytes, Range<usize>),
    /// In a tensor that is row-major, on a machine that keeps the lowest byte first.
    Tensor(Tensor),
}

impl Array {
    /// An array of the elements whose bytes these are.
    ///
    /// # Errors
    /// [`Error::BadArgument`] if `bytes` is not as long as such an array.
    pub fn new(dtype: DType, shape: Shape, bytes: Vec<u8>) -> Result<Array> {
        if dtype.byte_len(&shape) != Some(bytes.len()) {
            return Err(Error::BadArgument {
                op: "Array::new",
                argument: "bytes",
                expected: "as long as the elements of the shape",
                found: format!("{} bytes for {dtype} {shape}", bytes.len()),
            });
        }
        let range = 0..bytes.len();
        let bytes: Bytes = Arc::new(bytes);
        Ok(Array::part(dtype, shape, &bytes, range))
    }

    /// An array of these elements, in row-major order.
    ///
    /// # Errors
    /// [`Error::ElementCount`] if the shape has another number of elements.
    pub fn from_elements<T: Element>(shape: Shape, elements: &[T]) -> Result<Array> {
        if T::DTYPE.byte_len(&shape) != Some(size_of_val(elements)) {
            return Err(Error::ElementCount {
                op: "Array::from_elements",
                shape,
                expected: shape.checked_size().unwrap_or(usize::MAX),
                found: elements.len(),
            });
        }
        Array::new(T::DTYPE, shape, T::encode(elements))
    }

    /// The part `range` of a file as an array.
    ///
    /// The reader has checked that the range lies in the buffer and fits the shape.
    pub(super) fn part(dtype: DType, shape: Shape, buffer: &Bytes, range: Range<usize>) -> Array {
        debug_assert!(range.end <= (**buffer).as_ref().len());
        debug_assert_eq!(dtype.byte_len(&shape), Some(range.len()));
        Array { dtype, shape, elements: Elements::Bytes(Arc::clone(buffer), range) }
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The sizes of the axes.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The bytes of the elements: row-major, each element's lowest byte first.
    pub fn bytes(&self) -> &[u8] {
        match &self.elements {
            Elements::Bytes(buffer, range) => &(**buffer).as_ref()[range.clone()],
            Elements::Tensor(tensor) => in_place(tensor).expect("checked when the array was made"),
        }
    }

    /// The elements, in row-major order.
    ///
    /// # Errors
    /// [`Error::BadDType`] if they are not of type `T`.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        if self.dtype != T::DTYPE {
            return Err(Error::BadDType {
                op: "Array::to_vec",
                expected: T::DTYPE.name(),
                found: self.dtype,
            });
        }
        Ok(T::decode(self.bytes()))
    }
}

/// The bytes of the elements where they lie, if they are row-major and lowest byte first.
fn in_place(tensor: &Tensor) -> Option<&[u8]> {
    for_dtype!(tensor.dtype(), T => tensor.as_contiguous::<T>().and_then(T::in_place))
}

impl From<&Tensor> for Array {
    /// The same elements, without copying them if they are in row-major order.
    fn from(tensor: &Tensor) -> Array {
        let (dtype, shape) = (tensor.dtype(), *tensor.shape());
        let tensor = tensor.to_contiguous();
        let elements = if in_place(&tensor).is_some() {
            Elements::Tensor(tensor)
        } else {
            let bytes = for_dtype!(dtype, T => {
                tensor.as_contiguous::<T>().map(T::encode).unwrap_or_default()
            });
            let range = 0..bytes.len();
            Elements::Bytes(Arc::new(bytes), range)
        };
        Array { dtype, shape, elements }
    }
}

impl From<Tensor> for Array {
    fn from(tensor: Tensor) -> Array {
        Array::from(&tensor)
    }
}

impl From<&Array> for Tensor {
    /// The same elements, copied unless they come from a tensor.
    fn from(array: &Array) -> Tensor {
        match &array.elements {
            Elements::Tensor(tensor) => tensor.clone(),
            Elements::Bytes(..) => for_dtype!(array.dtype, T => {
                Tensor::from_vec(T::decode(array.bytes()), array.shape)
                    .expect("an array has as many bytes as its shape says")
            }),
        }
    }
}

impl From<Array> for Tensor {
    fn from(array: Array) -> Tensor {
        Tensor::from(&array)
    }
}

/// Equal types, shapes and bytes: a NaN equals itself, 0 and -0 differ.
impl PartialEq for Array {
    fn eq(&self, other: &Array) -> bool {
        self.dtype == other.dtype && self.shape == other.shape && self.bytes() == other.bytes()
    }
}

impl Eq for Array {}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Array({} {})", self.dtype, self.shape)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn elements_come_back() {
        let array = Array::from_elements(Shape::from([2, 2]), &[1i16, -2, 3, 258]).unwrap();
        assert_eq!(array.shape(), &Shape::from([2, 2]));
        assert_eq!(array.bytes(), [1, 0, 0xfe, 0xff, 3, 0, 2, 1]);
        assert_eq!(array.to_vec::<i16>().unwrap(), [1, -2, 3, 258]);
        assert_eq!(array, Array::new(DType::I16, *array.shape(), array.bytes().to_vec()).unwrap());
    }

    #[test]
    fn tensors_come_back_and_their_values_are_shared() {
        let tensor = Tensor::from([[1.0f32, -2.0], [0.5, 4.0]]);
        let array = Array::from(&tensor);
        assert_eq!(array.to_vec::<f32>().unwrap(), [1.0, -2.0, 0.5, 4.0]);
        let values = tensor.as_contiguous::<f32>().unwrap();
        assert_eq!(array.bytes().as_ptr(), values.as_ptr().cast());
        let again = Tensor::from(&array);
        assert_eq!(again.as_contiguous::<f32>().unwrap().as_ptr(), values.as_ptr());
        let parsed = Array::new(DType::F32, *array.shape(), array.bytes().to_vec()).unwrap();
        assert_eq!(Tensor::from(&parsed), tensor);

        let columns = tensor.transpose().unwrap();
        assert_eq!(Array::from(columns).to_vec::<f32>().unwrap(), [1.0, 0.5, -2.0, 4.0]);
        let flags = Tensor::from([true, false]);
        assert_eq!(Array::from(&flags).bytes(), [1, 0]);
        let array = Array::new(DType::Bool, 2.into(), vec![2, 0]).unwrap();
        assert_eq!(Tensor::from(array), flags);
    }

    #[test]
    fn scalars_have_one_element_and_empty_arrays_none() {
        let scalar = Array::from_elements(Shape::SCALAR, &[7u64]).unwrap();
        assert_eq!(scalar.to_vec::<u64>().unwrap(), [7]);
        let empty = Array::from_elements::<f32>(Shape::from([0, 2]), &[]).unwrap();
        assert!(empty.bytes().is_empty());
    }

    #[test]
    fn another_type_is_refused() {
        let error = Array::from_elements(Shape::from(1), &[1i64]).unwrap().to_vec::<f32>();
        assert_eq!(
            error.unwrap_err().to_string(),
            "`Array::to_vec` expected float32, found int64; convert with `to_dtype`"
        );
    }

    #[test]
    fn bytes_must_fit_the_shape() {
        let error = Array::new(DType::F32, Shape::from([2]), vec![0; 7]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`Array::new` expected `bytes` to be as long as the elements of the shape, \
             found 7 bytes for float32 (2,)"
        );
        assert!(Array::from_elements(Shape::from([3]), &[1.0f32]).is_err());
    }
}
