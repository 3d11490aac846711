//! Activations: functions applied to the output of a layer in the same call.

use gluon_macros::simd;

use super::float::Float;

/// A function applied to the output, whose derivative is known from its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Activation {
    Relu,
    Sigmoid,
    Tanh,
    Softplus,
    Softsign,
}

impl Activation {
    /// The work of one element, in the units of [`parallel`](super::parallel).
    pub(crate) fn cost(self) -> usize {
        match self {
            Activation::Relu | Activation::Softsign => 1,
            Activation::Sigmoid | Activation::Tanh | Activation::Softplus => 16,
        }
    }
}

/// Calls the macro `$each` with `dy` times the derivative of `$activation`, in terms of its value `y`.
macro_rules! for_slope_of {
    ($activation:expr, $each:ident) => {
        match $activation {
            // Chosen, as 0 times infinity is NaN. Without the sum, what is chosen is what stands there
            // already, and the compiler makes a slow store of single elements of it.
            Activation::Relu => {
                $each!(|y, dy| if y > T::ZERO { dy + T::ZERO } else { T::ZERO })
            }
            Activation::Sigmoid => $each!(|y, dy| dy * (y * (T::ONE - y))),
            Activation::Tanh => $each!(|y, dy| dy * (T::ONE - y * y)),
            // σ(x) where y = ln(1 + eˣ), so 1 − σ(x) = e⁻ʸ.
            Activation::Softplus => $each!(|y, dy| dy * -(-y).exp_m1::<FMA>()),
            Activation::Softsign => $each!(|y, dy| dy * ((T::ONE - y.abs()) * (T::ONE - y.abs()))),
        }
    };
}
pub(super) use for_slope_of;

/// `dy · act′(y)` in the place of `dy`.
#[simd]
pub(crate) fn slopes<T: Float>(activation: Activation, y: &[T], dy: &mut [T]) {
    macro_rules! each {
        (|$y:ident, $dy:ident| $value:expr) => {
            for (dz, &$y) in dy.iter_mut().zip(y) {
                let $dy = *dz;
                *dz = $value;
            }
        };
    }
    for_slope_of!(activation, each);
}
