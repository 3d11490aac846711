//! Making tensors.

use super::Tensor;
use super::handle::Handle;
use crate::buffer::{Buffer, for_dtype};
use crate::device::Device;
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::shape::{Layout, Shape};
use crate::tape::Origin;

impl Tensor {
    /// A tensor of `elements` in row-major order, without copying them.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::Tensor;
    ///
    /// let x = Tensor::from_vec(vec![1.0f32, 2.0, 3.0, 4.0], [2, 2])?;
    /// assert_eq!(x.shape(), [2, 2]);
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::ElementCount`] if the shape has another number of elements.
    ///
    /// # Panics
    /// **If `shape` is a slice of more than [`MAX_RANK`](crate::shape::MAX_RANK) sizes.**
    pub fn from_vec<T: Element>(elements: Vec<T>, shape: impl Into<Shape>) -> Result<Tensor> {
        let shape = shape.into();
        let expected = shape.checked_size().unwrap_or(usize::MAX);
        if elements.len() != expected {
            let found = elements.len();
            return Err(Error::ElementCount { op: "from_vec", shape, expected, found });
        }
        Ok(Tensor::of(elements, shape))
    }

    /// A tensor of as many elements as the shape has.
    fn of<T: Element>(elements: Vec<T>, shape: Shape) -> Tensor {
        let (buffer, layout) = (Buffer::new(elements), Layout::contiguous(shape));
        let data = Handle::new(buffer, layout, Device::default());
        Tensor { data, origin: Origin::Constant }
    }

    /// A tensor of one value, of type `dtype`.
    ///
    /// # Panics
    /// **If there are more elements than memory can hold**, or more axes than
    /// [`MAX_RANK`](crate::shape::MAX_RANK).
    pub fn full(shape: impl Into<Shape>, value: f64, dtype: DType) -> Tensor {
        Tensor::full_on(Device::default(), shape.into(), value, dtype)
    }

    fn full_on(device: Device, shape: Shape, value: f64, dtype: DType) -> Tensor {
        for_dtype!(dtype, T => Tensor::build::<T>(shape, device, |elements| {
            elements.fill(T::from_f64(value));
        }))
    }

    /// A `float32` tensor of zeros.
    ///
    /// # Panics
    /// As [`full`](Tensor::full).
    pub fn zeros(shape: impl Into<Shape>) -> Tensor {
        Tensor::full(shape, 0.0, DType::F32)
    }

    /// A `float32` tensor of ones.
    ///
    /// # Panics
    /// As [`full`](Tensor::full).
    pub fn ones(shape: impl Into<Shape>) -> Tensor {
        Tensor::full(shape, 1.0, DType::F32)
    }

    /// A scalar (shape `()`) of type `dtype`.
    pub fn scalar(value: f64, dtype: DType) -> Tensor {
        Tensor::full((), value, dtype)
    }

    /// Zeros of the shape, type and device of `self`.
    ///
    /// # Panics
    /// As [`full`](Tensor::full).
    pub fn zeros_like(&self) -> Tensor {
        Tensor::full_on(self.device(), *self.shape(), 0.0, self.dtype())
    }

    /// Ones of the shape, type and device of `self`.
    ///
    /// # Panics
    /// As [`full`](Tensor::full).
    pub fn ones_like(&self) -> Tensor {
        Tensor::full_on(self.device(), *self.shape(), 1.0, self.dtype())
    }

    /// The numbers `0, 1, .. n - 1` as `float32`.
    ///
    /// # Panics
    /// As [`full`](Tensor::full).
    pub fn arange(n: usize) -> Tensor {
        Tensor::build::<f32>(n.into(), Device::default(), |elements| {
            for (i, element) in elements.iter_mut().enumerate() {
                *element = i as f32;
            }
        })
    }

    /// `count` numbers from `start` to `stop` in equal steps, both of them included, as `float32`; `start`
    /// if there is to be one only.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Tensor;
    /// assert_eq!(Tensor::linspace(0.0, 1.0, 5), Tensor::from([0.0f32, 0.25, 0.5, 0.75, 1.0]));
    /// ```
    ///
    /// # Panics
    /// As [`full`](Tensor::full).
    pub fn linspace(start: f64, stop: f64, count: usize) -> Tensor {
        let last = count.saturating_sub(1);
        let step = (stop - start) / last.max(1) as f64;
        Tensor::build::<f32>(count.into(), Device::default(), |elements| {
            for (i, element) in elements.iter_mut().enumerate() {
                // From the nearer end, so that both are exact.
                *element = match i <= last / 2 {
                    true => start + i as f64 * step,
                    false => stop - (last - i) as f64 * step,
                } as f32;
            }
        })
    }

    /// The `float32` identity matrix of size `n`.
    ///
    /// # Panics
    /// As [`full`](Tensor::full).
    pub fn eye(n: usize) -> Tensor {
        Tensor::build::<f32>([n, n].into(), Device::default(), |elements| {
            elements.fill(0.0);
            elements.iter_mut().step_by(n + 1).for_each(|element| *element = 1.0);
        })
    }
}

/// Nested arrays that make a tensor: `1.0`, `[1.0, 2.0]`, `[[1, 2], [3, 4]]`, up to eight deep.
pub trait Literal {
    /// The type of the innermost values.
    type Element: Element;

    /// The shape of the nesting, to which `shape` adds the axes before.
    #[doc(hidden)]
    fn shape(shape: &mut Vec<usize>);

    /// Appends the innermost values in order.
    #[doc(hidden)]
    fn append(self, elements: &mut Vec<Self::Element>);
}

macro_rules! literal {
    ($($ty:ty)*) => {$(
        impl Literal for $ty {
            type Element = $ty;

            fn shape(_: &mut Vec<usize>) {}

            fn append(self, elements: &mut Vec<$ty>) {
                elements.push(self);
            }
        }
    )*};
}

literal!(f32 f64 crate::dtype::f16 crate::dtype::bf16 i8 i16 i32 i64 u8 u16 u32 u64 bool);

impl<L: Literal, const N: usize> Literal for [L; N] {
    type Element = L::Element;

    fn shape(shape: &mut Vec<usize>) {
        shape.push(N);
        L::shape(shape);
    }

    fn append(self, elements: &mut Vec<L::Element>) {
        for inner in self {
            inner.append(elements);
        }
    }
}

impl<L: Literal> From<L> for Tensor {
    /// A tensor of the literal's shape and element type.
    ///
    /// # Panics
    /// **If the nesting is deeper than [`MAX_RANK`](crate::shape::MAX_RANK).**
    #[track_caller]
    fn from(literal: L) -> Tensor {
        let mut shape = Vec::new();
        L::shape(&mut shape);
        let shape = Shape::new(&shape);
        let mut elements = Vec::with_capacity(shape.size());
        literal.append(&mut elements);
        Tensor::of(elements, shape)
    }
}

impl<T: Element> From<Vec<T>> for Tensor {
    /// A tensor of one axis, without copying the elements.
    fn from(elements: Vec<T>) -> Tensor {
        let count = elements.len();
        Tensor::of(elements, count.into())
    }
}

impl<L: Literal, const N: usize> From<Vec<[L; N]>> for Tensor {
    /// A tensor of the rows, one after another.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::Tensor;
    /// let points: Vec<[f32; 2]> = (0..3).map(|i| [i as f32, 1.0]).collect();
    /// assert_eq!(Tensor::from(points), Tensor::from([[0.0f32, 1.0], [1.0, 1.0], [2.0, 1.0]]));
    /// ```
    ///
    /// # Panics
    /// **If the nesting is deeper than [`MAX_RANK`](crate::shape::MAX_RANK).**
    #[track_caller]
    fn from(rows: Vec<[L; N]>) -> Tensor {
        let mut shape = vec![rows.len()];
        <[L; N]>::shape(&mut shape);
        let shape = Shape::new(&shape);
        let mut elements = Vec::with_capacity(shape.size());
        rows.into_iter().for_each(|row| row.append(&mut elements));
        Tensor::of(elements, shape)
    }
}

impl<T: Element> From<&[T]> for Tensor {
    /// A tensor of one axis.
    fn from(elements: &[T]) -> Tensor {
        Tensor::from(elements.to_vec())
    }
}

impl<T: Element, D: ndarray::Dimension> From<ndarray::Array<T, D>> for Tensor {
    /// A tensor of the array's values, without copying them if they are in row-major order.
    ///
    /// # Panics
    /// **If the array has more axes than [`MAX_RANK`](crate::shape::MAX_RANK).**
    #[track_caller]
    fn from(array: ndarray::Array<T, D>) -> Tensor {
        let shape = Shape::new(array.shape());
        let elements = if array.is_standard_layout() {
            let (mut elements, offset) = array.into_raw_vec_and_offset();
            elements.truncate(offset.unwrap_or(0) + shape.size());
            elements.drain(..offset.unwrap_or(0));
            elements
        } else {
            array.iter().copied().collect()
        };
        Tensor::of(elements, shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_equal_steps_are_exact() {
        assert_eq!(Tensor::linspace(0.1, 0.7, 4), Tensor::from([0.1f32, 0.3, 0.5, 0.7]));
        assert_eq!(Tensor::linspace(1.0, -1.0, 3), Tensor::from([1.0f32, 0.0, -1.0]));
        assert_eq!(Tensor::linspace(1.0, 2.0, 2), Tensor::from([1.0f32, 2.0]));
        let far = Tensor::linspace(-1e9, 0.1, 4).to_vec::<f32>().unwrap();
        assert_eq!((far[0], far[3]), (-1e9, 0.1));
        assert_eq!(Tensor::linspace(5.0, 9.0, 1), Tensor::from([5.0f32]));
        assert_eq!(Tensor::linspace(5.0, 9.0, 0), Tensor::zeros([0]));
    }
}
