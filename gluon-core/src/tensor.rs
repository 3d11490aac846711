//! Tensors: shaped arrays of a run-time element type, shared by cheap handles.

mod construct;
mod convert;
mod display;
mod handle;
mod random;

use std::sync::Arc;

use crate::buffer::for_dtype;
use crate::device::Device;
use crate::dtype::sealed::LeBytes;
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::shape::{Layout, Shape, Strides};
use crate::tape::{GradReq, Leaf, Origin};

pub use construct::Literal;
use handle::Handle;

/// A shaped array of numbers: a cheap handle to shared, immutable values.
///
/// Cloning shares the values. Operations make new tensors; nothing changes the values behind a
/// handle that somebody else holds. Inside [`record`](crate::autograd::record), operations on
/// parameters and on tensors with [`attach_grad`](Tensor::attach_grad) are remembered for
/// [`backward`](Tensor::backward).
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::Tensor;
///
/// let x = Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]);
/// assert_eq!(x.shape(), [2, 2]);
/// assert_eq!((&x * 2.0).to_vec::<f32>()?, [2.0, 4.0, 6.0, 8.0]);
/// # Ok::<(), gluon::Error>(())
/// ```
#[derive(Clone)]
pub struct Tensor {
    data: Handle,
    origin: Origin<Tensor>,
}

impl Tensor {
    /// A new row-major tensor whose elements `fill` writes; they hold arbitrary values before.
    pub(crate) fn build<T: Element>(
        shape: Shape,
        device: Device,
        mut fill: impl FnMut(&mut [T]),
    ) -> Tensor {
        Tensor { data: Handle::build(&shape, device, &mut fill), origin: Origin::Constant }
    }

    /// [`build`](Tensor::build) of two tensors at once.
    pub(crate) fn build_two<T: Element>(
        shapes: [&Shape; 2],
        device: Device,
        fill: impl FnOnce(&mut [T], &mut [T]),
    ) -> [Tensor; 2] {
        let [one, other] = Handle::build_two(shapes, device, fill);
        let tensor = |data| Tensor { data, origin: Origin::Constant };
        [tensor(one), tensor(other)]
    }

    /// The sizes of the axes.
    pub fn shape(&self) -> &Shape {
        &self.data.layout.shape
    }

    /// The number of axes.
    #[doc(alias = "ndim", alias = "dims")]
    pub fn rank(&self) -> usize {
        self.shape().rank()
    }

    /// The number of elements.
    #[doc(alias = "numel", alias = "elem_count", alias = "len")]
    pub fn size(&self) -> usize {
        self.data.size
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DType {
        self.data.buffer().dtype()
    }

    /// Where the elements live.
    pub fn device(&self) -> Device {
        self.data.device
    }

    /// The distance in elements between neighbours along each axis.
    pub fn strides(&self) -> &Strides {
        &self.data.layout.strides
    }

    /// Whether the elements lie one after another in row-major order.
    pub fn is_contiguous(&self) -> bool {
        self.data.contiguous
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.data.layout
    }

    /// The whole buffer, of which the layout says what belongs to this tensor.
    ///
    /// # Errors
    /// [`Error::BadDType`] if the elements are not `T`.
    pub(crate) fn buffer<T: Element>(&self, op: &'static str) -> Result<&[T]> {
        self.data.buffer().slice::<T>().ok_or_else(|| self.bad_dtype::<T>(op))
    }

    /// The error that the elements are not `T`.
    #[cold]
    fn bad_dtype<T: Element>(&self, op: &'static str) -> Error {
        Error::BadDType { op, expected: T::DTYPE.name(), found: self.dtype() }
    }

    /// The elements in row-major order, if they lie so.
    #[inline(never)]
    pub(crate) fn as_contiguous<T: Element>(&self) -> Option<&[T]> {
        let data = &*self.data;
        if !data.contiguous {
            return None;
        }
        data.buffer().slice::<T>()?.get(data.layout.offset..)?.get(..data.size)
    }

    /// [`as_contiguous`](Tensor::as_contiguous) of several tensors that are; nothing of others.
    pub(crate) fn slices<T: Element, const N: usize>(tensors: [&Tensor; N]) -> [&[T]; N] {
        let mut slices = [&[][..]; N];
        for (slice, tensor) in slices.iter_mut().zip(tensors) {
            *slice = tensor.as_contiguous().unwrap_or_default();
        }
        slices
    }

    /// The same values seen through another layout, without a past.
    pub(crate) fn with_layout(&self, layout: Layout) -> Tensor {
        Tensor { data: self.data.view(layout, self.device()), origin: Origin::Constant }
    }

    /// The same values under another label of the same memory, without a past.
    pub(crate) fn with_device(&self, device: Device) -> Tensor {
        Tensor { data: self.data.view(*self.layout(), device), origin: Origin::Constant }
    }

    /// The elements of a row-major tensor, to be changed in place, if nobody else can see them.
    #[inline]
    pub(crate) fn get_mut<T: Element>(&mut self) -> Option<&mut [T]> {
        self.data.elements_mut()
    }

    /// The bytes of [`get_mut`](Tensor::get_mut), if a file would have them in this order and any
    /// bytes are elements.
    pub(crate) fn bytes_mut(&mut self) -> Option<&mut [u8]> {
        for_dtype!(self.dtype(), T => self.get_mut::<T>().and_then(T::in_place_mut))
    }

    pub(crate) fn origin(&self) -> &Origin<Tensor> {
        &self.origin
    }

    #[inline]
    pub(crate) fn with_origin(mut self, origin: Origin<Tensor>) -> Tensor {
        self.origin = origin;
        self
    }

    /// The same values as a constant: no gradient flows back through the result.
    #[doc(alias = "stop_gradient")]
    pub fn detach(&self) -> Tensor {
        Tensor { data: self.data.clone(), origin: Origin::Constant }
    }

    /// Makes this tensor a variable whose gradient [`backward`](Tensor::backward) writes; it
    /// forgets how it was computed. Clones made from now on are the same variable. Integers have no
    /// gradient, and are constants.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::{Tensor, autograd::record};
    ///
    /// let mut x = Tensor::from([1.0f32, 2.0]);
    /// x.attach_grad();
    /// let y = record(|| (&x * &x).sum())?;
    /// y.backward()?;
    /// assert_eq!(x.grad()?.to_vec::<f32>()?, [2.0, 4.0]);
    /// # Ok::<(), gluon::Error>(())
    /// ```
    pub fn attach_grad(&mut self) {
        self.attach_grad_with(GradReq::Write);
    }

    /// [`attach_grad`](Tensor::attach_grad) with a choice of what `backward` does to the gradient.
    pub fn attach_grad_with(&mut self, req: GradReq) {
        self.origin = match self.dtype().is_float() {
            true => Origin::Leaf(Arc::new(Leaf::new(req))),
            false => Origin::Constant,
        };
    }

    /// The gradient that `backward` left here, of this tensor's type and on its device; zeros before
    /// the first.
    ///
    /// # Errors
    /// [`Error::NoGradient`] if [`attach_grad`](Tensor::attach_grad) was not called, or with
    /// [`GradReq::Null`], or of integers.
    pub fn grad(&self) -> Result<Tensor> {
        let gradient = self.leaf()?.with_gradient(|g| g.map(|g| g.clone()));
        let gradient = gradient.unwrap_or_else(|| self.zeros_like());
        // What was recorded before a cast of a parameter has the type from before.
        let gradient = gradient.to_dtype(self.dtype());
        // An operand of another device may have given it its label.
        let is_here = gradient.device() == self.device();
        Ok(if is_here { gradient } else { gradient.with_device(self.device()) })
    }

    /// Sets the gradient to zero.
    ///
    /// # Errors
    /// As for [`grad`](Tensor::grad).
    pub fn zero_grad(&self) -> Result<()> {
        self.leaf()?.set_gradient(None);
        Ok(())
    }

    /// Where its gradient is kept.
    fn leaf(&self) -> Result<&Leaf<Tensor>> {
        match &self.origin {
            Origin::Leaf(leaf) if leaf.req() != GradReq::Null => Ok(leaf),
            _ => Err(Error::NoGradient),
        }
    }
}
