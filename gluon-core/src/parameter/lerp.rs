//! Lerp: the parameters of one model on their way to those of another.

use super::ParameterDict;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::tensor::Tensor;

impl ParameterDict {
    /// Moves each parameter by this share of the way to the one of `other` with the same structural
    /// name: `p += weight·(q - p)`. At 1 it is a copy; a small share at each step makes a running
    /// average, such as the target of a value network or the weights of a teacher.
    ///
    /// Integers and booleans are copied whole. Gradients and what is frozen make no difference.
    ///
    /// ```
    /// # use gluon_core as gluon;
    /// use gluon::{Block, nn::Dense};
    ///
    /// let (mut online, mut target) = (Dense::new(2).in_units(3), Dense::new(2).in_units(3));
    /// online.initialize()?;
    /// target.initialize()?;
    /// target.collect_params().lerp(&online.collect_params(), 1.0)?;
    /// assert_eq!(target.weight.data()?, online.weight.data()?);
    /// // after each step:
    /// target.collect_params().lerp(&online.collect_params(), 0.005)?;
    /// # Ok::<(), gluon::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::BadArgument`] if `other` lacks a parameter, [`Error::ParameterShape`] if shapes differ,
    /// [`Error::NotInitialized`] or [`Error::Deferred`] if one has no values. Nothing has changed then.
    pub fn lerp(&self, other: &ParameterDict, weight: f64) -> Result<()> {
        let towards = |values: Tensor, others: Tensor| {
            let dtype = values.dtype();
            if weight == 1.0 || !dtype.is_float() {
                return Ok(others);
            }
            // Half precision has no arithmetic of its own.
            let wide = if dtype.computes() { dtype } else { DType::F32 };
            let (values, others) = (values.to_dtype(wide), others.to_dtype(wide));
            values.add(others.sub(&values)?.mul(weight)?)
        };
        let next = self.iter().map(|entry| {
            let name = entry.path();
            let Some(other) = other.get(name) else {
                let (op, argument, expected) = ("lerp", "other", "parameters of the same names");
                let found = format!("none called `{name}`");
                return Err(Error::BadArgument { op, argument, expected, found });
            };
            let (values, others) = (entry.data()?.detach(), other.data()?.detach());
            if values.shape() != others.shape() {
                let (expected, found) = (*values.shape(), *others.shape());
                return Err(Error::ParameterShape { name: name.to_owned(), expected, found });
            }
            towards(values, others)
        });
        let next = next.collect::<Result<Vec<Tensor>>>()?;
        self.iter().zip(&next).try_for_each(|(entry, values)| entry.set_data(values))
    }
}

#[cfg(test)]
mod tests {
    use gluon_macros::Block;

    use super::*;
    use crate::block::Block;
    use crate::init::Constant;
    use crate::nn::{BatchNorm, Dense};
    use crate::parameter::Parameter;
    use crate::sequential;

    #[test]
    fn every_parameter_goes_its_share_of_the_way_or_none() {
        let net = |value: f64| {
            let mut net = sequential![Dense::new(2).in_units(2), BatchNorm::new().in_channels(2)];
            net.initialize_with(Constant(value)).unwrap();
            net.collect_params()
        };
        let (a, b) = (net(1.0), net(3.0));
        b["1.running_mean"].set_data(&Tensor::from([8.0, 4.0])).unwrap();
        a.lerp(&b, 0.25).unwrap();
        assert_eq!(a["0.weight"].data().unwrap(), Tensor::full([2, 2], 1.5, DType::F32));
        assert_eq!(a["1.running_mean"].data().unwrap(), Tensor::from([2.0f32, 1.0]));
        a.lerp(&b, 1.0).unwrap();
        assert_eq!(a["1.running_mean"].data().unwrap(), Tensor::from([8.0f32, 4.0]));

        let before = a["0.weight"].data().unwrap();
        let wide = sequential![Dense::new(2).in_units(2), BatchNorm::new().in_channels(3)];
        let error = a.lerp(&wide.collect_params(), 0.5).unwrap_err();
        assert!(matches!(error, Error::NotInitialized { .. }), "{error}");
        let short = b.filter(|entry| entry.path() == "0.weight");
        let error = a.lerp(&short, 0.5).unwrap_err().to_string();
        let expected = "`lerp` expected `other` to be parameters of the same names, found none called `0.bias`";
        assert_eq!(error, expected);
        assert_eq!(a["0.weight"].data().unwrap(), before);
    }

    /// What there is no arithmetic with goes by way of `float32`, or as a whole.
    #[test]
    fn other_types_keep_theirs() {
        #[derive(Block)]
        struct Held {
            held: Parameter,
        }
        let dict = |value: Tensor| Held { held: Parameter::constant(value) }.collect_params();
        let count = dict(Tensor::from([1i64]));
        count.lerp(&dict(Tensor::from([5i64])), 0.5).unwrap();
        assert_eq!(count["held"].data().unwrap(), Tensor::from([5i64]));
        let half = |value: f32| Tensor::from([value]).to_dtype(DType::F16);
        let mean = dict(half(1.0));
        mean.lerp(&dict(half(5.0)), 0.5).unwrap();
        assert_eq!(mean["held"].data().unwrap(), half(3.0));
    }
}
