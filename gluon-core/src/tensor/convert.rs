//! Getting values out of tensors, and into other types and devices.

use std::borrow::Cow;

use super::Tensor;
use crate::buffer::{Buffer, for_dtype};
use crate::device::Device;
use crate::dtype::{DType, Element, bf16};
use crate::error::{Error, Result};
use crate::kernel;
use crate::kernel::transpose::transpose;
use crate::shape::Layout;

impl Tensor {
    /// The elements in row-major order.
    ///
    /// # Errors
    /// [`Error::BadDType`] if they are not of type `T`; convert with
    /// [`to_dtype`](Tensor::to_dtype).
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        self.elements("to_vec")
    }

    /// [`to_vec`](Tensor::to_vec) for `op`.
    fn elements<T: Element>(&self, op: &'static str) -> Result<Vec<T>> {
        let all = self.buffer::<T>(op)?;
        let mut elements = vec![T::default(); self.size()];
        kernel::layout::copy(all, self.layout(), &mut elements);
        Ok(elements)
    }

    /// The only element, as `f64`.
    ///
    /// # Errors
    /// [`Error::BadShape`] if there is not exactly one.
    #[doc(alias = "to_scalar", alias = "into_scalar", alias = "asscalar")]
    pub fn item(&self) -> Result<f64> {
        if self.size() != 1 {
            let (op, expected) = ("item", "a tensor of one element");
            return Err(Error::BadShape { op, expected, found: *self.shape() });
        }
        for_dtype!(self.dtype(), T => {
            Ok(self.buffer::<T>("item")?[self.layout().offset].to_f64())
        })
    }

    /// The elements as an ndarray view, without copying.
    ///
    /// # Errors
    /// [`Error::BadDType`] if they are not of type `T`.
    pub fn view<T: Element>(&self) -> Result<ndarray::ArrayViewD<'_, T>> {
        use ndarray::ShapeBuilder;
        let all = self.buffer::<T>("view")?;
        // Strides that would leave the buffer are refused even where there is nothing to reach.
        let step = |&step: &isize| if self.size() == 0 { 0 } else { step as usize };
        let steps: Vec<usize> = self.strides().iter().map(step).collect();
        let shape = self.shape().dims().to_vec().strides(steps);
        ndarray::ArrayViewD::from_shape(shape, &all[self.layout().offset..]).map_err(|_| {
            let expected = "a shape that ndarray can address";
            Error::BadShape { op: "view", expected, found: *self.shape() }
        })
    }

    /// The elements as an ndarray array; without copying if nobody else sees them and they are in
    /// row-major order.
    ///
    /// # Errors
    /// [`Error::BadDType`] if they are not of type `T`.
    pub fn into_array<T: Element>(mut self) -> Result<ndarray::ArrayD<T>> {
        let (op, shape) = ("into_array", *self.shape());
        let elements = match self.take_elements::<T>() {
            Some(elements) => elements,
            None => self.elements::<T>(op)?,
        };
        ndarray::ArrayD::from_shape_vec(shape.dims(), elements).map_err(|_| Error::ElementCount {
            op,
            shape,
            expected: shape.size(),
            found: self.size(),
        })
    }

    fn take_elements<T: Element>(&mut self) -> Option<Vec<T>> {
        if !self.is_contiguous() || self.layout().offset != 0 {
            return None;
        }
        let size = self.size();
        let mut elements = self.data.take::<T>()?;
        elements.truncate(size);
        Some(elements)
    }

    /// The same values in row-major order: `self` if they already are.
    pub(crate) fn to_contiguous(&self) -> Tensor {
        if self.is_contiguous() { self.detach() } else { self.copy() }
    }

    /// The same values in row-major order: `self`, without another handle, if they already are.
    pub(crate) fn contiguous(&self) -> Cow<'_, Tensor> {
        if self.is_contiguous() { Cow::Borrowed(self) } else { Cow::Owned(self.to_contiguous()) }
    }

    /// [`contiguous`](Tensor::contiguous) in `place`, for operations so small that a `Cow` shows.
    #[inline]
    pub(crate) fn contiguous_in<'t>(&'t self, place: &'t mut Option<Tensor>) -> &'t Tensor {
        if self.is_contiguous() { self } else { self.made_contiguous(place) }
    }

    #[cold]
    fn made_contiguous<'t>(&self, place: &'t mut Option<Tensor>) -> &'t Tensor {
        place.insert(self.to_contiguous())
    }

    /// The elements of a row-major matrix column by column.
    ///
    /// They are kept beside the elements until those change, so asking again is free.
    pub(crate) fn turned<T: Element>(&self) -> Option<&[T]> {
        let &[rows, columns] = self.shape().dims() else { return None };
        let elements = self.as_contiguous::<T>()?;
        let turned = self.data.turned.get_or_init(|| {
            let mut turned = Buffer::scratch::<T>(elements.len());
            if let Some(turned) = turned.slice_mut::<T>() {
                transpose(elements, columns, [rows, columns], turned, rows);
            }
            turned
        });
        turned.slice::<T>().map(|all| &all[..elements.len()])
    }

    /// The values converted to `dtype`, as a constant: `self` if they are of that type already.
    ///
    /// Integers truncate towards zero and saturate; every number but 0 is `true`. NaN becomes the
    /// integer 0 and `true`. To convert with a gradient use [`cast`](Tensor::cast).
    #[doc(alias = "astype", alias = "cast", alias = "to")]
    pub fn to_dtype(&self, dtype: DType) -> Tensor {
        if self.dtype() == dtype {
            return self.detach();
        }
        let source = self.to_contiguous();
        // Numbers go by way of `f64`, where integers of 64 bits would be rounded.
        let direct = match dtype {
            DType::U64 => source.each(|x: i64| x.max(0) as u64),
            DType::I64 => source.each(|x: u64| i64::try_from(x).unwrap_or(i64::MAX)),
            DType::F32 => source.each(|x: i64| x as f32).or_else(|| source.each(|x: u64| x as f32)),
            DType::BF16 => source
                .each(|x: i64| bf16::from_f64(to_odd(x.unsigned_abs()).copysign(x as f64)))
                .or_else(|| source.each(|x: u64| bf16::from_f64(to_odd(x)))),
            _ => None,
        };
        if let Some(direct) = direct {
            return direct;
        }
        let read = |start: usize, numbers: &mut [f64]| {
            for_dtype!(source.dtype(), T => {
                if let Some(elements) = source.as_contiguous::<T>() {
                    kernel::layout::to_numbers(&elements[start..], numbers);
                }
            })
        };
        for_dtype!(dtype, T => Tensor::build::<T>(*self.shape(), self.device(), |out| {
            kernel::layout::convert(out, &read);
        }))
    }

    /// `f` of each element, if they are of type `S` and in row-major order.
    fn each<S: Element, T: Element>(&self, f: impl Fn(S) -> T) -> Option<Tensor> {
        let x = self.as_contiguous::<S>()?;
        Some(Tensor::build::<T>(*self.shape(), self.device(), |y| {
            y.iter_mut().zip(x).for_each(|(y, &x)| *y = f(x));
        }))
    }

    /// A copy on `device` with memory of its own, as a constant; Gluon's `copyto`.
    pub fn copy_to(&self, device: Device) -> Tensor {
        self.copy().with_device(device)
    }

    /// A copy with memory of its own, as a constant.
    pub fn copy(&self) -> Tensor {
        for_dtype!(self.dtype(), T => {
            Tensor::build::<T>(*self.shape(), self.device(), |out| {
                if let Ok(all) = self.buffer::<T>("copy") {
                    kernel::layout::copy(all, self.layout(), out);
                }
            })
        })
    }

    /// The values in row-major order, to be changed in place; copied before if somebody else sees
    /// them.
    ///
    /// # Errors
    /// [`Error::BadDType`] if they are not of type `T`.
    pub(crate) fn make_mut<T: Element>(&mut self, op: &'static str) -> Result<&mut [T]> {
        if self.dtype() != T::DTYPE {
            return Err(self.bad_dtype::<T>(op));
        }
        if !self.is_contiguous() || self.data.buffer_mut().is_none() {
            self.unshare();
        }
        // By now they are of the type, in order and nobody else's.
        Ok(self.get_mut::<T>().unwrap_or_default())
    }

    /// Goes on with a copy of the values.
    #[cold]
    fn unshare(&mut self) {
        let origin = self.origin.clone();
        *self = self.copy().with_origin(origin);
    }

    /// The values seen as `layout` describes within this tensor's buffer.
    pub(crate) fn relayout(&self, change: impl FnOnce(&mut Layout)) -> Tensor {
        let mut layout = *self.layout();
        change(&mut layout);
        self.with_layout(layout)
    }
}

/// A number that rounds to fewer bits as `x` does: where it is cut off, its last bit says that
/// something was.
fn to_odd(x: u64) -> f64 {
    const CUT: u32 = u64::BITS - f64::MANTISSA_DIGITS;
    if x >> f64::MANTISSA_DIGITS == 0 {
        return x as f64;
    }
    let kept = x >> CUT << CUT;
    (kept | u64::from(kept != x) << CUT) as f64
}

/// Equal shapes, types and values. NaN differs from itself.
impl PartialEq for Tensor {
    fn eq(&self, other: &Tensor) -> bool {
        if self.shape() != other.shape() || self.dtype() != other.dtype() {
            return false;
        }
        let (a, b) = (self.to_contiguous(), other.to_contiguous());
        for_dtype!(a.dtype(), T => a.as_contiguous::<T>() == b.as_contiguous::<T>())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn integers_of_64_bits_convert_without_a_rounding() {
        let odd = (1i64 << 53) + 1;
        let signed = Tensor::from([odd, -1, i64::MAX]);
        let unsigned = Tensor::from([odd as u64, 0, i64::MAX as u64]);
        assert_eq!(signed.to_dtype(DType::U64), unsigned);
        assert_eq!(
            Tensor::from([odd as u64, 7, u64::MAX]).to_dtype(DType::I64),
            Tensor::from([odd, 7, i64::MAX])
        );
    }

    #[test]
    fn integers_of_64_bits_round_once() {
        let odd = (1i64 << 60) + (1 << 36) + 1;
        let expected = Tensor::from([1_152_921_642_045_800_448.0f32, -1.0]);
        assert_eq!(Tensor::from([odd, -1]).to_dtype(DType::F32), expected);
        let unsigned = Tensor::from([odd as u64, 0]).to_dtype(DType::F32);
        assert_eq!(unsigned.to_vec::<f32>().unwrap()[0], 1_152_921_642_045_800_448.0);

        // 1 above the middle of two neighbours, which an `f64` would not tell from it.
        let above = (1i64 << 60) + (1 << 52) + 1;
        let next = bf16::from_f64((1i64 << 60) as f64 * (1.0 + 1.0 / 128.0));
        let expected = Tensor::from([next, bf16::from_f64(-next.to_f64())]);
        assert_eq!(Tensor::from([above, -above]).to_dtype(DType::BF16), expected);
        let unsigned = Tensor::from([above as u64, above as u64]).to_dtype(DType::BF16);
        assert_eq!(unsigned, Tensor::from([next, next]));
    }

    #[test]
    fn errors_name_what_was_called() {
        let error = Tensor::from([1i32]).reshape([1, 1]).unwrap().into_array::<f32>().unwrap_err();
        let expected = "`into_array` expected float32, found int32; convert with `to_dtype`";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn values_that_nobody_else_sees_change_where_they_lie() {
        let mut x = Tensor::from([1.0f32, 2.0, 3.0, 4.0]);
        let place = x.as_contiguous::<f32>().unwrap().as_ptr();
        x.make_mut::<f32>("test").unwrap()[0] = 5.0;
        assert_eq!(x.as_contiguous::<f32>().unwrap().as_ptr(), place);

        // a view that has outlived what it was made of, too
        let mut view = x.reshape([2, 2]).unwrap();
        drop(x);
        view.make_mut::<f32>("test").unwrap()[1] = 6.0;
        assert_eq!(view.as_contiguous::<f32>().unwrap().as_ptr(), place);

        let other = view.clone();
        view.make_mut::<f32>("test").unwrap()[2] = 7.0;
        assert_ne!(view.as_contiguous::<f32>().unwrap().as_ptr(), place);
        assert_eq!(other, Tensor::from([[5.0f32, 6.0], [3.0, 4.0]]));
        assert_eq!(view, Tensor::from([[5.0f32, 6.0], [7.0, 4.0]]));
    }
}
