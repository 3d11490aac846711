//! Parameters: the tensors of a model that are initialized, trained, shared and saved.

mod dict;
mod factor;
mod first;
mod lerp;
#[cfg(feature = "regex")]
mod select;
mod shared;
mod state;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::device::Device;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::init::Initializer;
use crate::shape::Shape;
use crate::tape::{GradReq, Leaf};
use crate::tensor::Tensor;

pub use dict::{Entry, ParameterDict};
use factor::Factor;
use shared::{Reading, Shared, Writing};
pub(crate) use state::Snapshot;
use state::Value;

/// A handle to a tensor that belongs to a model: initialized, trained, shared and saved by name.
///
/// A parameter's shape may have unknown sizes, written 0, until the first `forward` or a file
/// tells them. A second handle to the same parameter is taken by [`share`](Parameter::share) only:
/// `Parameter` is not `Clone`, so that no derive ties or unties by accident.
///
/// Handles may be used from many threads; reading does not wait for other readers.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::{Parameter, Tensor, init::Constant};
///
/// let weight = Parameter::new([2, 3]).with_init(Constant(0.5));
/// assert!(weight.data().is_err());                    // not initialized yet
/// weight.set_data(&Tensor::ones([2, 3]))?;
/// assert_eq!(weight.data()?, Tensor::ones([2, 3]));
/// # Ok::<(), gluon::Error>(())
/// ```
pub struct Parameter {
    inner: Arc<Inner>,
}

struct Inner {
    leaf: Arc<Leaf<Tensor>>,
    declared: RwLock<Declared>,
    lr_mult: Factor,
    wd_mult: Factor,
    value: Shared<Value>,
}

/// What is known of a parameter besides its values.
#[derive(Clone)]
struct Declared {
    /// Structural name: `hidden.weight`.
    path: String,
    /// Scoped name: `mlp0_dense0_weight`.
    name: String,
    shape: Shape,
    dtype: DType,
    device: Device,
    init: Option<Arc<dyn Initializer>>,
    /// Whether the values are given and never trained.
    constant: bool,
    /// Whether there may be a gradient.
    differentiable: bool,
}

impl Declared {
    fn new(shape: Shape, dtype: DType, device: Device) -> Declared {
        Declared {
            path: String::new(),
            name: String::new(),
            shape,
            dtype,
            device,
            init: None,
            constant: false,
            differentiable: true,
        }
    }

    /// Writes Gluon's form under a scoped name.
    fn write(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.constant { "Constant" } else { "Parameter" };
        write!(f, "{kind} {name} (shape={}, dtype={})", self.shape, self.dtype)
    }
}

impl Parameter {
    /// A `float32` parameter of shape `shape`, in which 0 stands for a size not known yet.
    pub fn new(shape: impl Into<Shape>) -> Parameter {
        Parameter::from_declared(Declared::new(shape.into(), DType::F32, Device::current()))
    }

    /// A parameter with the given values that is never trained, but saved and loaded.
    ///
    /// Initializing leaves it alone, and its `grad_req` is always [`GradReq::Null`].
    pub fn constant(value: impl Into<Tensor>) -> Parameter {
        let value = value.into().to_contiguous();
        let declared = Declared::new(*value.shape(), value.dtype(), value.device());
        let declared = Declared { constant: true, differentiable: false, ..declared };
        let constant = Parameter::from_declared(declared);
        *constant.value_mut() = Value::Ready(constant.linked(value));
        constant
    }

    /// A parameter without values.
    fn from_declared(declared: Declared) -> Parameter {
        let req = if declared.differentiable { GradReq::Write } else { GradReq::Null };
        let inner = Inner {
            leaf: Arc::new(Leaf::new(req)),
            declared: RwLock::new(declared),
            lr_mult: Factor::new(1.0),
            wd_mult: Factor::new(1.0),
            value: Shared::new(Value::Missing),
        };
        Parameter { inner: Arc::new(inner) }
    }

    /// The same parameter with an initializer of its own, which beats the model's.
    pub fn with_init(self, init: impl Initializer + 'static) -> Parameter {
        self.set_init(Some(Arc::new(init)));
        self
    }

    /// The same parameter with another shape, before it has values.
    pub(crate) fn shaped(self, shape: impl Into<Shape>) -> Parameter {
        self.declared_mut().shape = shape.into();
        self
    }

    /// The same parameter with another element type; `float32` unless this is called.
    pub fn with_dtype(self, dtype: DType) -> Parameter {
        self.declared_mut().dtype = dtype;
        self
    }

    /// The same parameter with another use of its gradient; [`GradReq::Write`] unless this is
    /// called.
    pub fn with_grad_req(self, req: GradReq) -> Parameter {
        self.set_grad_req(req);
        self
    }

    /// The same parameter, which a gradient may reach or not; it may unless this is called.
    ///
    /// One that is not differentiable, such as the running mean of a batch normalization, is
    /// initialized, saved and loaded as others are, but never trained: its `grad_req` is always
    /// [`GradReq::Null`], whatever a model is set to. Otherwise it is [`GradReq::Write`] from now on.
    pub fn with_differentiable(self, differentiable: bool) -> Parameter {
        let differentiable = differentiable && !self.is_constant();
        self.declared_mut().differentiable = differentiable;
        self.inner.leaf.set_req(if differentiable { GradReq::Write } else { GradReq::Null });
        self
    }

    /// The same parameter with another factor on the learning rate; 1 unless this is called.
    pub fn with_lr_mult(self, factor: f64) -> Parameter {
        self.set_lr_mult(factor);
        self
    }

    /// The same parameter with another factor on the weight decay; 1 unless this is called.
    pub fn with_wd_mult(self, factor: f64) -> Parameter {
        self.set_wd_mult(factor);
        self
    }

    /// Another handle to the same parameter: same values, gradient and names.
    pub fn share(&self) -> Parameter {
        Parameter { inner: Arc::clone(&self.inner) }
    }

    /// A parameter of its own with the same declaration and the same values, if there are any.
    pub fn duplicate(&self) -> Parameter {
        let value = self.value();
        let copy = Parameter::from_declared(self.declared().clone());
        *copy.value_mut() = match &*value {
            Value::Ready(tensor) => Value::Ready(copy.linked(tensor.copy())),
            none => none.clone(),
        };
        copy.set_lr_mult(self.lr_mult());
        copy.set_wd_mult(self.wd_mult());
        copy.inner.leaf.set_req(self.grad_req());
        copy
    }

    /// Whether both are handles to the same parameter.
    pub fn is_same(&self, other: &Parameter) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// A number that tells parameters apart, equal for all handles to one.
    pub(crate) fn id(&self) -> usize {
        Arc::as_ptr(&self.inner) as usize
    }

    /// The scoped name in the model that was last built, collected or initialized with it:
    /// `mlp0_dense0_weight`. Empty if there was none.
    pub fn name(&self) -> String {
        self.declared().name.clone()
    }

    /// The structural name, likewise: `hidden.weight`.
    pub fn path(&self) -> String {
        self.declared().path.clone()
    }

    /// Sets both names; the walks of a model call it.
    pub fn rename(&self, path: &str, name: &str) {
        let mut declared = self.declared_mut();
        path.clone_into(&mut declared.path);
        name.clone_into(&mut declared.name);
    }

    /// What error messages call it: its structural name, or its shape if it has none.
    pub(crate) fn label(&self) -> String {
        let declared = self.declared();
        if declared.path.is_empty() {
            format!("<unnamed, of shape {}>", declared.shape)
        } else {
            declared.path.clone()
        }
    }

    /// The shape, 0 for sizes not known yet.
    pub fn shape(&self) -> Shape {
        self.declared().shape
    }

    /// The element type.
    pub fn dtype(&self) -> DType {
        self.declared().dtype
    }

    /// Where its values are, or will be.
    pub fn device(&self) -> Device {
        self.declared().device
    }

    /// Whether it is a [`constant`](Parameter::constant).
    pub fn is_constant(&self) -> bool {
        self.declared().constant
    }

    /// Whether a gradient may reach it.
    pub fn is_differentiable(&self) -> bool {
        self.declared().differentiable
    }

    /// What `backward` does with its gradient.
    pub fn grad_req(&self) -> GradReq {
        self.inner.leaf.req()
    }

    /// Changes what `backward` does with its gradient, and drops the gradient there is.
    ///
    /// [`GradReq::Null`] freezes the parameter: no gradient, no update. What is not
    /// [differentiable](Parameter::with_differentiable) stays frozen.
    #[doc(alias = "requires_grad", alias = "freeze")]
    pub fn set_grad_req(&self, req: GradReq) {
        if self.is_differentiable() {
            self.inner.leaf.set_req(req);
        }
    }

    /// The factor on the learning rate; 1 by default.
    pub fn lr_mult(&self) -> f64 {
        self.inner.lr_mult.get()
    }

    /// Sets the factor on the learning rate. A [`Trainer`](crate::train::Trainer) refuses one that is
    /// not finite.
    pub fn set_lr_mult(&self, factor: f64) {
        self.inner.lr_mult.set(factor);
    }

    /// The factor on the weight decay; 1 by default.
    pub fn wd_mult(&self) -> f64 {
        self.inner.wd_mult.get()
    }

    /// Sets the factor on the weight decay, as [`set_lr_mult`](Parameter::set_lr_mult).
    pub fn set_wd_mult(&self, factor: f64) {
        self.inner.wd_mult.set(factor);
    }

    /// Sets or removes its own initializer.
    pub fn set_init(&self, init: Option<Arc<dyn Initializer>>) {
        self.declared_mut().init = init;
    }

    /// The gradient that `backward` left; zeros before the first.
    ///
    /// # Errors
    /// [`Error::ParameterGradient`] if `grad_req` is null, otherwise as for
    /// [`data`](Parameter::data).
    pub fn grad(&self) -> Result<Tensor> {
        let data = self.data()?;
        if self.grad_req() == GradReq::Null {
            return Err(Error::ParameterGradient { name: self.label() });
        }
        data.grad()
    }

    /// Replaces the gradient by `gradient`, converted to the parameter's type, as if a `backward` had
    /// written it: the next step of a trainer uses it.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// # use gluon::{Block, Tensor, autograd::record, nn::Dense, optim::Sgd, train::Trainer};
    /// # let mut net = Dense::new(1).in_units(2).no_bias();
    /// # net.initialize()?;
    /// # let mut trainer = Trainer::new(net.collect_params(), Sgd::new(0.1))?;
    /// record(|| net.weight.data()?.square()?.sum())?.backward()?;
    /// let noise = Tensor::normal(0.0, 1e-3, [1, 2]);
    /// net.weight.set_grad(&net.weight.grad()?.add(noise)?)?;
    /// trainer.step(1)?;
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::ParameterShape`] if the shape differs, otherwise as for [`grad`](Parameter::grad).
    pub fn set_grad(&self, gradient: &Tensor) -> Result<()> {
        let shape = *self.read()?.shape();
        if self.grad_req() == GradReq::Null {
            return Err(Error::ParameterGradient { name: self.label() });
        }
        if *gradient.shape() != shape {
            let (name, found) = (self.label(), *gradient.shape());
            return Err(Error::ParameterShape { name, expected: shape, found });
        }
        let gradient = gradient.to_dtype(self.dtype()).to_contiguous().with_device(self.device());
        self.inner.leaf.write(gradient.detach());
        Ok(())
    }

    /// Sets the gradient to zero, if there is one.
    pub fn zero_grad(&self) {
        self.inner.leaf.set_gradient(None);
    }

    /// Whether a `backward` has written the gradient since the last update by a trainer.
    pub fn has_fresh_grad(&self) -> bool {
        self.inner.leaf.is_fresh()
    }

    pub(crate) fn leaf(&self) -> &Arc<Leaf<Tensor>> {
        &self.inner.leaf
    }

    fn declared(&self) -> RwLockReadGuard<'_, Declared> {
        self.inner.declared.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn declared_mut(&self) -> RwLockWriteGuard<'_, Declared> {
        self.inner.declared.write().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    fn value(&self) -> Reading<'_, Value> {
        self.inner.value.read()
    }

    fn value_mut(&self) -> Writing<'_, Value> {
        self.inner.value.write()
    }
}

/// Gluon's form: `Parameter mlp0_dense0_weight (shape=(256, 20), dtype=float32)`.
impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let declared = self.declared();
        declared.write(&declared.name, f)
    }
}

impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
