//! Initializers: what a parameter's values are before training.
//!
//! Each parameter draws from a stream of its own, made from a seed and its structural name. So
//! equal seeds give equal values, and adding a layer leaves the others' values unchanged. A call of
//! `initialize` without a seed takes one from the thread's generator.

mod constant;
mod initialization;
#[cfg(feature = "regex")]
mod mixed;
mod named;
mod orthogonal;
mod random;
mod scaled;
mod structured;

use std::fmt;
use std::sync::Arc;

pub use constant::{Constant, One, Values, Zero};
pub use initialization::Initialization;
#[cfg(feature = "regex")]
pub use mixed::Mixed;
pub use named::named;
pub use orthogonal::{Orthogonal, RandType};
pub use random::{Normal, Uniform};
pub use scaled::{Distribution, Factor, MsraPrelu, Xavier};
pub use structured::{Bilinear, LstmBias};

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::random::Generator;
use crate::shape::Shape;

/// Fills a new parameter.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::init::{Initializer, Target};
///
/// /// Zero where the index is even, else one.
/// #[derive(Debug)]
/// struct Stripes;
///
/// impl Initializer for Stripes {
///     fn fill(&self, target: &mut Target<'_>) -> gluon::Result<()> {
///         for (i, value) in target.values.iter_mut().enumerate() {
///             *value = (i % 2) as f64;
///         }
///         Ok(())
///     }
/// }
/// ```
///
/// A closure `Fn(&mut Target) -> Result<()>` is an initializer by [`from_fn`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an initializer",
    label = "not an initializer",
    note = "a function or a closure from `&mut Target` to `Result<()>` becomes one by `init::from_fn(..)`"
)]
pub trait Initializer: fmt::Debug + Send + Sync {
    /// Writes every value of `target`.
    ///
    /// # Errors
    /// [`Error::Initializer`] if the parameter's shape cannot be filled in this way;
    /// [`Target::refuse`] makes it.
    fn fill(&self, target: &mut Target<'_>) -> Result<()>;
}

macro_rules! pointer {
    ($($pointer:ident)*) => {$(
        impl<I: Initializer + ?Sized> Initializer for $pointer<I> {
            fn fill(&self, target: &mut Target<'_>) -> Result<()> {
                (**self).fill(target)
            }
        }
    )*};
}

pointer!(Arc Box);

/// A parameter about to be filled.
#[derive(Debug)]
pub struct Target<'t> {
    /// Its structural name.
    pub name: &'t str,
    /// Its shape.
    pub shape: Shape,
    /// The type that its values will be rounded to.
    pub dtype: DType,
    /// Its values in row-major order, all 0.
    pub values: &'t mut [f64],
    /// Its own stream of random numbers.
    pub generator: Generator,
}

impl Target<'_> {
    /// The error of an initializer that cannot fill this target.
    pub fn refuse(&self, initializer: &dyn Initializer, expected: &'static str) -> Error {
        Error::Initializer {
            name: self.name.to_owned(),
            shape: self.shape,
            initializer: format!("{initializer:?}"),
            expected,
        }
    }
}

/// An initializer from a closure.
///
/// ```
/// # use gluon_core as gluon;
/// use gluon::init::from_fn;
///
/// let ramp = from_fn(|target| {
///     target.values.iter_mut().enumerate().for_each(|(i, value)| *value = i as f64);
///     Ok(())
/// });
/// ```
pub fn from_fn<F>(f: F) -> impl Initializer
where
    F: Fn(&mut Target<'_>) -> Result<()> + Send + Sync,
{
    struct FromFn<F>(F);

    impl<F> fmt::Debug for FromFn<F> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("from_fn")
        }
    }

    impl<F: Fn(&mut Target<'_>) -> Result<()> + Send + Sync> Initializer for FromFn<F> {
        fn fill(&self, target: &mut Target<'_>) -> Result<()> {
            (self.0)(target)
        }
    }

    FromFn(f)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What `initializer` makes of a parameter of shape `shape`.
    pub(crate) fn draw(initializer: &dyn Initializer, shape: impl Into<Shape>) -> Result<Vec<f64>> {
        let shape = shape.into();
        let mut values = vec![0.0; shape.size()];
        let generator = Generator::for_name(7, "weight");
        let (name, dtype, values_mut) = ("weight", DType::F64, &mut values);
        initializer.fill(&mut Target { name, shape, dtype, values: values_mut, generator })?;
        Ok(values)
    }

    /// Mean and standard deviation.
    pub(crate) fn moments(values: &[f64]) -> (f64, f64) {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt())
    }
}
