//! Optimizers: how a gradient changes a parameter.
//!
//! Rules are MXNet's, whose defaults and places for weight decay they keep; each is one pass over
//! memory. `g` is the gradient times the trainer's scale, `C(g)` that clipped to
//! `±clip_gradient` if it is set, `t` the number of updates, this one included; state begins at 0.
//!
//! A [`Schedule`] changes the learning rate from step to step.

mod adadelta;
mod adagrad;
mod adam;
mod adamax;
mod adamw;
mod ftrl;
mod lamb;
mod nadam;
mod nag;
mod rmsprop;
pub mod schedule;
mod settings;
mod sgd;
mod signum;

use std::fmt;

pub use adadelta::AdaDelta;
pub use adagrad::AdaGrad;
pub use adam::Adam;
pub use adamax::Adamax;
pub use adamw::AdamW;
pub use ftrl::Ftrl;
pub use lamb::Lamb;
pub use nadam::Nadam;
pub use nag::Nag;
pub use rmsprop::RmsProp;
pub use schedule::Schedule;
pub use sgd::Sgd;
pub use signum::Signum;

use crate::error::Result;
use crate::kernel::float::Float;

/// The rule by which gradients change parameters.
///
/// A rule is plain data; what it remembers of each parameter, its *state*, is kept by the
/// [`Trainer`](crate::train::Trainer) as tensors of the parameter's shape, which begin at 0. A rule
/// of your own says what it does to the values of one parameter:
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::optim::{Optimizer, Slices, Step, Values};
/// use gluon::{Block, autograd::record, init::One, nn::Dense, train::Trainer};
///
/// /// `m = 0.9·m + g`, `w -= rate·(m + decay·w)`
/// #[derive(Debug)]
/// struct HeavyBall {
///     rate: f64,
/// }
///
/// impl HeavyBall {
///     fn roll<T: Copy + Into<f64>>(values: Slices<'_, T>, step: &Step, round: fn(f64) -> T) {
///         let [momentum, ..] = values.state;
///         for ((w, &g), m) in values.weight.iter_mut().zip(values.gradient).zip(momentum) {
///             let new = 0.9 * (*m).into() + step.scale * g.into();
///             *w = round((*w).into() - step.rate * (new + step.decay * (*w).into()));
///             *m = round(new);
///         }
///     }
/// }
///
/// impl Optimizer for HeavyBall {
///     fn learning_rate(&self) -> f64 {
///         self.rate
///     }
///
///     fn set_learning_rate(&mut self, rate: f64) {
///         self.rate = rate;
///     }
///
///     fn weight_decay(&self) -> f64 {
///         0.0
///     }
///
///     fn state(&self) -> &'static [&'static str] {
///         &["momentum"]
///     }
///
///     fn update(&self, values: Values<'_>, step: &Step) {
///         match values {
///             Values::F32(values) => HeavyBall::roll(values, step, |x| x as f32),
///             Values::F64(values) => HeavyBall::roll(values, step, |x| x),
///         }
///     }
/// }
///
/// let mut net = Dense::new(1).in_units(1).no_bias();
/// net.initialize_with(One)?;
/// let mut trainer = Trainer::new(net.collect_params(), HeavyBall { rate: 0.1 })?;
/// for expected in [0.9, 0.71] {                       // gradients of 1: m is 1, then 1.9
///     record(|| net.weight.data()?.sum())?.backward()?;
///     trainer.step(1)?;
///     assert!((net.weight.data()?.item()? - expected).abs() < 1e-6);
/// }
/// # Ok::<(), gluon::Error>(())
/// ```
pub trait Optimizer: fmt::Debug + Send + Sync {
    /// The rule's name, by which a checkpoint knows it: the type's, unless it says otherwise.
    fn name(&self) -> String {
        type_name(self)
    }

    /// The learning rate.
    fn learning_rate(&self) -> f64;

    /// Changes the learning rate.
    fn set_learning_rate(&mut self, rate: f64);

    /// The weight decay.
    fn weight_decay(&self) -> f64;

    /// Whether its settings are in their ranges, which a [`Trainer`](crate::train::Trainer) that is
    /// made asks; so it is unless a rule says otherwise.
    ///
    /// # Errors
    /// [`Error::BadArgument`](crate::Error::BadArgument) for a setting that is not.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// The names of the tensors of state that each parameter needs, [`MAX_STATE`] at most.
    fn state(&self) -> &'static [&'static str];

    /// Changes the values of one parameter, whose learning rate, weight decay and factor on the
    /// gradient `step` tells: those of schedules and of single parameters are in it.
    fn update(&self, values: Values<'_>, step: &Step);
}

impl<O: Optimizer + ?Sized> Optimizer for Box<O> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn learning_rate(&self) -> f64 {
        (**self).learning_rate()
    }

    fn set_learning_rate(&mut self, rate: f64) {
        (**self).set_learning_rate(rate);
    }

    fn weight_decay(&self) -> f64 {
        (**self).weight_decay()
    }

    fn check(&self) -> Result<()> {
        (**self).check()
    }

    fn state(&self) -> &'static [&'static str] {
        (**self).state()
    }

    fn update(&self, values: Values<'_>, step: &Step) {
        (**self).update(values, step);
    }
}

/// The values of one parameter and what goes with them, by element type.
#[derive(Debug)]
pub enum Values<'v> {
    /// Of a `float32` parameter.
    F32(Slices<'v, f32>),
    /// Of a `float64` parameter.
    F64(Slices<'v, f64>),
}

/// The values of one parameter, its gradient and its state; all of one length.
#[derive(Debug)]
pub struct Slices<'v, T> {
    /// The values, to be changed.
    pub weight: &'v mut [T],
    /// The gradient.
    pub gradient: &'v [T],
    /// The state in the order of [`Optimizer::state`]; what it does not name is empty.
    pub state: [&'v mut [T]; MAX_STATE],
}

impl<T> Slices<'_, T> {
    /// The same for a shorter time: copying the slices themselves takes longer than updating a bias.
    #[inline(always)]
    fn reborrow(&mut self) -> Slices<'_, T> {
        let [first, second, third] = &mut self.state;
        Slices { weight: self.weight, gradient: self.gradient, state: [first, second, third] }
    }
}

/// The most tensors of state that an optimizer may need.
pub const MAX_STATE: usize = 3;

impl<'v> From<Slices<'v, f32>> for Values<'v> {
    #[inline(always)]
    fn from(slices: Slices<'v, f32>) -> Values<'v> {
        Values::F32(slices)
    }
}

impl<'v> From<Slices<'v, f64>> for Values<'v> {
    #[inline(always)]
    fn from(slices: Slices<'v, f64>) -> Values<'v> {
        Values::F64(slices)
    }
}

/// The circumstances of one update of one parameter.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Learning rate, the parameter's `lr_mult` included.
    pub rate: f64,
    /// Weight decay, the parameter's `wd_mult` included.
    pub decay: f64,
    /// The factor on the gradient: 1 / batch size.
    pub scale: f64,
    /// How many updates this parameter has had, this one included.
    pub count: u64,
}

/// The name of a type that derives `Debug`.
fn type_name<T: fmt::Debug + ?Sized>(value: &T) -> String {
    let text = format!("{value:?}");
    text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
}

/// How a gradient enters an update: scaled, then clipped.
#[derive(Clone, Copy)]
struct Clip<T> {
    scale: T,
    limit: T,
}

impl<T: Float> Clip<T> {
    fn new(step: &Step, limit: f64) -> Clip<T> {
        Clip { scale: T::from_f64(step.scale), limit: T::from_f64(limit) }
    }

    /// `C(g)`
    #[inline(always)]
    fn scaled(self, gradient: T) -> T {
        self.limited(gradient * self.scale)
    }

    /// `C(g + decay)`
    #[inline(always)]
    fn decayed(self, gradient: T, decay: T) -> T {
        self.limited(gradient * self.scale + decay)
    }

    #[inline(always)]
    fn limited(self, gradient: T) -> T {
        gradient.maximum(-self.limit).minimum(self.limit)
    }
}

/// The factor on the learning rate that makes up for means that began at 0: `√(1-β₂ᵗ) / (1-β₁ᵗ)`.
fn unbias(beta1: f64, beta2: f64, step: &Step) -> f64 {
    let t = step.count as f64;
    (1.0 - beta2.powf(t)).sqrt() / (1.0 - beta1.powf(t))
}
