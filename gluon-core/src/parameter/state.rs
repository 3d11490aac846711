//! The values of a parameter: missing, deferred until the shape is known, or there.

use std::ops::Deref;
use std::sync::Arc;

use super::shared::Reading;
use super::{Declared, Parameter};
use crate::device::Device;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::init::Initializer;
use crate::shape::Shape;
use crate::tape::Origin;
use crate::tensor::Tensor;

/// What a parameter holds.
#[derive(Clone)]
pub(super) enum Value {
    /// Nothing: `initialize` was not called.
    Missing,
    /// Nothing yet: `initialize` was called, but a size is not known.
    Deferred(Arc<dyn Initializer>, u64),
    /// Values, whose origin is the parameter's leaf.
    Ready(Tensor),
}

/// The values of a parameter, which wait with changing until they have been read.
pub(crate) struct Values<'p> {
    /// [`Value::Ready`].
    value: Reading<'p, Value>,
}

impl Deref for Values<'_> {
    type Target = Tensor;

    fn deref(&self) -> &Tensor {
        match &*self.value {
            Value::Ready(tensor) => tensor,
            _ => unreachable!("only values that are there are read"),
        }
    }
}

/// What a parameter held, to be put back if something fails.
pub(crate) struct Snapshot {
    shape: Shape,
    dtype: DType,
    value: Value,
}

impl Parameter {
    /// What the parameter holds, without a copy of the values.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let value = self.value().clone();
        Snapshot { shape: self.shape(), dtype: self.dtype(), value }
    }

    /// Makes the parameter hold what it held.
    pub(crate) fn restore(&self, snapshot: &Snapshot) {
        let mut value = self.value_mut();
        let mut declared = self.declared_mut();
        (declared.shape, declared.dtype) = (snapshot.shape, snapshot.dtype);
        value.clone_from(&snapshot.value);
    }

    /// The values: a handle that keeps them even when the parameter is updated later.
    ///
    /// # Errors
    /// [`Error::NotInitialized`] before `initialize` or `load_parameters`, [`Error::Deferred`]
    /// while a size is not known.
    pub fn data(&self) -> Result<Tensor> {
        self.read().map(|tensor| tensor.clone())
    }

    /// [`data`](Parameter::data) without a handle of its own: for one operation, during which
    /// nobody changes the values. Threads that share a model meet at counts of handles.
    ///
    /// # Errors
    /// As for [`data`](Parameter::data).
    #[inline]
    pub(crate) fn read(&self) -> Result<Values<'_>> {
        let value = self.value();
        match &*value {
            Value::Ready(_) => Ok(Values { value }),
            Value::Missing => Err(Error::NotInitialized { name: self.label() }),
            Value::Deferred(..) => {
                Err(Error::Deferred { input: None, name: self.label(), shape: self.shape() })
            }
        }
    }

    /// The values, for a use that tells the shape: unknown sizes become those of `shape`, and a
    /// deferred initialization takes place.
    ///
    /// This is how a layer learns its input size in the first `forward`.
    ///
    /// # Errors
    /// [`Error::InputShape`] if a known size differs, [`Error::NotInitialized`] before
    /// `initialize`, or what the initializer returns.
    pub fn data_with_shape(&self, shape: impl Into<Shape>) -> Result<Tensor> {
        let shape = shape.into();
        match &*self.value() {
            Value::Ready(tensor) if *tensor.shape() == shape => return Ok(tensor.clone()),
            Value::Ready(tensor) => {
                let (name, expected) = (self.label(), *tensor.shape());
                return Err(Error::InputShape { input: None, name, expected, found: shape });
            }
            Value::Missing => return Err(Error::NotInitialized { name: self.label() }),
            Value::Deferred(..) => {}
        }
        self.set_shape(shape).map_err(|error| match error {
            Error::ParameterShape { name, expected, found } => {
                Error::InputShape { input: None, name, expected, found }
            }
            other => other,
        })?;
        self.data()
    }

    /// [`data_with_shape`](Parameter::data_with_shape) for a use that tells the size of one axis, and
    /// reads as [`read`](Parameter::read) does.
    ///
    /// # Errors
    /// As for [`data_with_shape`](Parameter::data_with_shape).
    pub(crate) fn read_with_size(&self, axis: usize, size: usize) -> Result<Values<'_>> {
        let value = self.value();
        if let Value::Ready(tensor) = &*value
            && tensor.shape().get(axis) == Some(&size)
        {
            return Ok(Values { value });
        }
        drop(value);
        let mut shape = self.shape();
        if let Some(unknown) = shape.dims_mut().get_mut(axis) {
            *unknown = size;
        }
        self.data_with_shape(shape)?;
        self.read()
    }

    /// Makes unknown sizes those of `shape`; completes a deferred initialization.
    ///
    /// # Errors
    /// [`Error::ParameterShape`] if the rank or a known size differs, or what the initializer
    /// returns.
    pub fn set_shape(&self, shape: impl Into<Shape>) -> Result<()> {
        let shape = shape.into();
        let mut value = self.value_mut();
        let merged = self.merged(&shape)?;
        if let Value::Deferred(init, seed) = &*value
            && merged.is_known()
        {
            let tensor = self.draw(&merged, self.device(), &**init, *seed)?;
            *value = Value::Ready(tensor);
        }
        self.declared_mut().shape = merged;
        Ok(())
    }

    /// The declared shape with unknown sizes taken from `shape`.
    pub(crate) fn merged(&self, shape: &Shape) -> Result<Shape> {
        let mut merged = self.shape();
        let mismatch =
            || Error::ParameterShape { name: self.label(), expected: self.shape(), found: *shape };
        if merged.rank() != shape.rank() {
            return Err(mismatch());
        }
        for (known, &new) in merged.dims_mut().iter_mut().zip(shape.dims()) {
            match (*known, new) {
                (0, new) => *known = new,
                (known, new) if known == new || new == 0 => {}
                _ => return Err(mismatch()),
            }
        }
        Ok(merged)
    }

    /// The values as the variable that this parameter is.
    pub(super) fn linked(&self, tensor: Tensor) -> Tensor {
        tensor.with_origin(Origin::Leaf(Arc::clone(self.leaf())))
    }

    /// Replaces the values by `data`, converted to the parameter's type; unknown sizes become
    /// known, and no `initialize` is needed any more.
    ///
    /// The gradient stays as it is.
    ///
    /// # Errors
    /// [`Error::ParameterShape`] if the rank or a known size differs.
    pub fn set_data(&self, data: &Tensor) -> Result<()> {
        let mut value = self.value_mut();
        let shape = self.merged(data.shape())?;
        self.declared_mut().shape = shape;
        let data = data.to_dtype(self.dtype()).to_contiguous().with_device(self.device());
        *value = Value::Ready(self.linked(data));
        Ok(())
    }

    /// Lets `f` write over the bytes of the values, if they have this type and shape and nobody
    /// else sees them.
    ///
    /// The gradient stays as it is.
    pub(crate) fn overwrite<R>(
        &self,
        dtype: DType,
        shape: &Shape,
        f: impl FnOnce(&mut [u8]) -> R,
    ) -> Option<R> {
        match &mut *self.value_mut() {
            Value::Ready(tensor) if tensor.dtype() == dtype && tensor.shape() == shape => {
                tensor.bytes_mut().map(f)
            }
            _ => None,
        }
    }

    /// Whether there are values.
    pub fn is_initialized(&self) -> bool {
        matches!(*self.value(), Value::Ready(_))
    }

    /// Whether values will be drawn as soon as the shape is known.
    pub fn is_deferred(&self) -> bool {
        matches!(*self.value(), Value::Deferred(..))
    }

    /// Moves values and gradient to `device`, where later ones are made too.
    pub fn to_device(&self, device: Device) {
        self.convert(|declared| declared.device = device, |tensor| tensor.with_device(device));
    }

    /// Converts values and gradient to `dtype`.
    ///
    /// # Panics
    /// **If `dtype` is not a type of floats**: the values would be cut off.
    #[track_caller]
    pub fn cast(&self, dtype: DType) {
        assert!(dtype.is_float(), "`cast` expected a type of floats, found {dtype}");
        self.convert(|declared| declared.dtype = dtype, |tensor| tensor.to_dtype(dtype));
    }

    /// Makes values and gradient what `f` makes of them.
    fn convert(&self, declare: impl FnOnce(&mut Declared), f: impl Fn(&Tensor) -> Tensor) {
        let mut value = self.value_mut();
        if let Value::Ready(tensor) = &*value {
            *value = Value::Ready(self.linked(f(tensor)));
        }
        declare(&mut self.declared_mut());
        drop(value);
        self.leaf().with_gradient(|gradient| {
            if let Some(gradient) = gradient {
                *gradient = f(gradient);
            }
        });
    }

    /// Lets `f` change the values in place by their gradient, which counts as used afterwards; does
    /// nothing if there is none.
    ///
    /// Handles taken by [`data`](Parameter::data) before keep the old values.
    pub(crate) fn update(&self, f: impl FnOnce(&mut Tensor, &Tensor) -> Result<()>) -> Result<()> {
        let mut value = self.value_mut();
        let Value::Ready(tensor) = &mut *value else {
            return Err(Error::NotInitialized { name: self.label() });
        };
        self.leaf().with_gradient(|gradient| match gradient {
            Some(gradient) => {
                // It is of what was recorded, perhaps before a cast.
                if gradient.dtype() != tensor.dtype() {
                    *gradient = gradient.to_dtype(tensor.dtype());
                }
                f(tensor, gradient)
            }
            None => Ok(()),
        })?;
        self.leaf().mark_used();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::record;
    use crate::init::{Constant, Initialization};
    use crate::tape::GradReq;

    fn seed(seed: u64) -> Initialization {
        Initialization::default().seed(seed)
    }

    #[test]
    fn reading_too_early_names_the_parameter_and_the_remedy() {
        let weight = Parameter::new([4, 0]);
        weight.rename("hidden.weight", "mlp0_dense0_weight");
        let error = weight.data().unwrap_err().to_string();
        assert!(error.starts_with("parameter `hidden.weight` is not initialized"), "{error}");
        weight.initialize(&seed(0)).unwrap();
        let error = weight.data().unwrap_err().to_string();
        assert!(error.contains("has shape (4, 0) with unknown sizes"), "{error}");
    }

    #[test]
    fn a_deferred_parameter_is_drawn_when_its_shape_is_known() {
        let weight = Parameter::new([4, 0]).with_init(Constant(2.0));
        weight.initialize(&seed(0)).unwrap();
        assert!(weight.is_deferred());
        assert!(weight.data_with_shape([5, 3]).is_err());
        assert_eq!(weight.shape(), [4, 0]);
        let data = weight.data_with_shape([4, 3]).unwrap();
        assert_eq!(data, Tensor::full([4, 3], 2.0, DType::F32));
        assert!(weight.data_with_shape([4, 5]).is_err());
    }

    #[test]
    fn initializing_twice_changes_nothing_unless_forced() {
        let weight = Parameter::new([100]);
        weight.initialize(&seed(1)).unwrap();
        let first = weight.data().unwrap();
        weight.initialize(&seed(2)).unwrap();
        assert_eq!(weight.data().unwrap(), first);
        weight.initialize(&seed(2).force()).unwrap();
        assert_ne!(weight.data().unwrap(), first);
    }

    #[test]
    fn values_held_elsewhere_survive_an_update() {
        let weight = Parameter::new([2]);
        weight.set_data(&Tensor::from([1.0f32, 2.0])).unwrap();
        let held = weight.data().unwrap();
        record(|| held.sum()).unwrap().backward().unwrap();
        let descend = |w: &mut Tensor, g: &Tensor| {
            let g = g.to_vec::<f32>()?;
            w.make_mut::<f32>("test")?.iter_mut().zip(g).for_each(|(w, g)| *w -= g);
            Ok(())
        };
        weight.update(descend).unwrap();
        assert_eq!(held, Tensor::from([1.0f32, 2.0]));
        assert_eq!(weight.data().unwrap(), Tensor::from([0.0f32, 1.0]));
    }

    #[test]
    fn a_duplicate_is_independent() {
        let weight = Parameter::new([2]);
        weight.set_data(&Tensor::from([1.0f32, 2.0])).unwrap();
        let copy = weight.duplicate();
        record(|| copy.data()?.sum()).unwrap().backward().unwrap();
        assert!(copy.has_fresh_grad() && !weight.has_fresh_grad());
        copy.set_data(&Tensor::zeros([2])).unwrap();
        assert_eq!(weight.data().unwrap(), Tensor::from([1.0f32, 2.0]));
    }

    #[test]
    fn a_constant_is_never_trained_nor_initialized() {
        let constant = Parameter::constant(Tensor::from([3.0f32]));
        constant.set_grad_req(GradReq::Write);
        constant.initialize(&seed(0).force()).unwrap();
        assert_eq!(constant.grad_req(), GradReq::Null);
        assert_eq!(constant.data().unwrap(), Tensor::from([3.0f32]));
        assert!(matches!(constant.grad(), Err(Error::ParameterGradient { .. })));
    }

    #[test]
    fn values_and_gradient_move_together() {
        let weight = Parameter::new([0]).with_init(Constant(1.0));
        weight.initialize(&seed(0)).unwrap();
        weight.to_device(Device::Cpu(1));
        weight.set_shape([2]).unwrap();
        assert_eq!(weight.data().unwrap().device(), Device::Cpu(1));
        record(|| weight.data()?.sum()).unwrap().backward().unwrap();
        weight.to_device(Device::Cpu(2));
        assert_eq!(weight.data().unwrap().device(), Device::Cpu(2));
        assert_eq!(weight.grad().unwrap().device(), Device::Cpu(2));
        weight.set_data(&Tensor::zeros([2])).unwrap();
        assert_eq!(weight.data().unwrap().device(), Device::Cpu(2));
    }

    #[test]
    fn a_cast_converts_values_and_gradient() {
        let weight = Parameter::new([2]);
        weight.set_data(&Tensor::from([1.5f32, 2.0])).unwrap();
        record(|| weight.data()?.mul(3.0)?.sum()).unwrap().backward().unwrap();
        weight.cast(DType::F64);
        assert_eq!(weight.data().unwrap(), Tensor::from([1.5f64, 2.0]));
        assert_eq!(weight.grad().unwrap(), Tensor::from([3.0f64, 3.0]));
        let cut = std::panic::AssertUnwindSafe(|| weight.cast(DType::I32));
        assert!(std::panic::catch_unwind(cut).is_err());
        assert_eq!(weight.data().unwrap(), Tensor::from([1.5f64, 2.0]));
    }
}
