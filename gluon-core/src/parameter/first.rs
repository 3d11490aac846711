//! First values: what initialization draws, at once or when the shape is known.

use std::sync::Arc;

use super::Parameter;
use super::state::Value;
use crate::buffer::for_dtype;
use crate::device::Device;
use crate::dtype::Element;
use crate::error::Result;
use crate::init::{Initialization, Initializer, Target};
use crate::random::Generator;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// What a parameter is about to hold, and where.
pub(super) struct FirstValues(Value, Device);

impl Parameter {
    /// Gives the parameter its first values: by its own initializer, else by `default`'s.
    ///
    /// Initialized parameters are left alone unless it [forces](Initialization::force) them. While
    /// a size is unknown the initialization is deferred. The seed and the structural name choose
    /// the random stream.
    ///
    /// # Errors
    /// What the initializer returns; the parameter is as before then.
    pub fn initialize(&self, default: &Initialization) -> Result<()> {
        if self.takes_values(default) {
            self.begin(self.first_values(default, default.next_seed())?);
        }
        Ok(())
    }

    /// [`initialize`](Parameter::initialize) by this very initializer, which beats the parameter's
    /// own.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::{Block, init::{Constant, Initialization}, nn::Dense};
    ///
    /// let mut layer = Dense::new(2).in_units(3);
    /// layer.initialize()?;
    /// layer.bias.as_ref().unwrap().initialize_with(Initialization::from(Constant(1.0)).force())?;
    /// assert_eq!(layer.bias.unwrap().data()?.to_vec::<f32>()?, [1.0, 1.0]);
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`initialize`](Parameter::initialize).
    pub fn initialize_with(&self, initialization: impl Into<Initialization>) -> Result<()> {
        let how = initialization.into();
        if self.takes_values(&how) {
            self.begin(self.drawn_by(&how.init, &how, how.next_seed())?);
        }
        Ok(())
    }

    /// Whether an initialization concerns this parameter.
    pub(super) fn takes_values(&self, how: &Initialization) -> bool {
        !self.is_constant() && (how.force || !self.is_initialized())
    }

    /// The values that [`initialize`](Parameter::initialize) gives, before it does.
    pub(super) fn first_values(&self, default: &Initialization, seed: u64) -> Result<FirstValues> {
        let own = self.declared().init.clone();
        self.drawn_by(own.as_ref().unwrap_or(&default.init), default, seed)
    }

    fn drawn_by(
        &self,
        init: &Arc<dyn Initializer>,
        how: &Initialization,
        seed: u64,
    ) -> Result<FirstValues> {
        let device = how.device.unwrap_or(self.device());
        let shape = self.shape();
        let value = match shape.is_known() {
            true => Value::Ready(self.draw(&shape, device, &**init, seed)?),
            false => Value::Deferred(Arc::clone(init), seed),
        };
        Ok(FirstValues(value, device))
    }

    /// Takes its first values.
    pub(super) fn begin(&self, FirstValues(value, device): FirstValues) {
        *self.value_mut() = value;
        self.declared_mut().device = device;
        self.zero_grad();
    }

    pub(super) fn draw(
        &self,
        shape: &Shape,
        device: Device,
        init: &dyn Initializer,
        seed: u64,
    ) -> Result<Tensor> {
        let name = self.label();
        let mut values = vec![0.0; shape.size()];
        let generator = Generator::for_name(seed, &name);
        let dtype = self.dtype();
        let target =
            &mut Target { name: &name, shape: *shape, dtype, values: &mut values, generator };
        init.fill(target)?;
        let tensor = for_dtype!(dtype, T => {
            Tensor::build::<T>(*shape, device, |elements| {
                for (element, &value) in elements.iter_mut().zip(&values) {
                    *element = T::from_f64(value);
                }
            })
        });
        Ok(self.linked(tensor))
    }
}
